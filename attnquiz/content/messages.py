"""What lint says, by the code of the problem: in English and in Chinese, each naming the fault and then the remedy."""

from __future__ import annotations

from collections.abc import Mapping

# A text is quoted from a file and therefore cut short and made printable; a pair is our own wording in both languages.
Fact = str | int | tuple[str, str]

MESSAGES: dict[str, tuple[str, str]] = {
    # files
    "no-folder": ("there is no such folder; name one that holds banks", "没有这个文件夹；请指定存放题库的文件夹"),
    "no-banks": ("holds no banks; a bank is a file that ends in .yaml", "文件夹里没有题库；题库是以 .yaml 结尾的文件"),
    "not-a-bank": (
        "is a folder or a device, not a bank; rename or move it",
        "是文件夹或设备，不是题库；请改名或移走",
    ),
    "yml-suffix": ("a bank ends in .yaml; rename the file", "题库以 .yaml 结尾；请修改文件名"),
    "not-a-file": ("is not a file; remove it", "不是普通文件；请移走"),
    "link-leaves": (
        "is a link that leads out of its folder; put the file itself here",
        "是指向文件夹之外的链接；请把文件本身放在这里",
    ),
    "unreadable": ("cannot be read ({reason}); check its rights", "无法读取（{reason}）；请检查权限"),
    "too-big": ("is larger than 2 MB; split it into several files", "文件超过 2 MB；请拆成几个文件"),
    "bad-encoding": (
        "byte {byte} is not UTF-8; save the file as UTF-8",
        "字节 {byte} 不是 UTF-8；请将文件存为 UTF-8",
    ),
    "byte-order-mark": (
        "begins with a byte order mark; save it as UTF-8 without one",
        "文件以字节顺序标记（BOM）开头；请存为不带 BOM 的 UTF-8",
    ),
    "control-character": ("control character {char}; delete it", "有控制字符 {char}；请删除"),
    "tab": ("a tab; write spaces", "出现制表符；请改用空格"),
    # YAML
    "bad-yaml": ("not valid YAML: {reason}; {remedy}", "不是有效的 YAML（{reason}）；{remedy}"),
    "empty-bank": (
        "is empty; write section, title and questions",
        "文件是空的；请写上 section、title 和 questions",
    ),
    "second-document": (
        "a second YAML document; a bank is one: delete the line ---",
        "出现第二个 YAML 文档；一个题库只有一个，请删去 --- 一行",
    ),
    "anchor": (
        "anchors (&) and aliases (*) are not allowed; write the text out, or put it in quotes",
        "不允许使用锚点（&）和别名（*）；请直接写出内容，或给文本加上引号",
    ),
    "tag": (
        "the tag {tag} is not allowed; delete it, or put the text in quotes",
        "不允许使用标签 {tag}；请删除，或给文本加上引号",
    ),
    "too-deep": (
        "is nested more than {most} levels deep; a bank needs 8",
        "嵌套超过 {most} 层；题库只需要 8 层",
    ),
    "too-many": (
        "holds more than {most} values up to here; split it into several banks",
        "到此处已超过 {most} 个值；请拆成几个题库",
    ),
    "key-not-text": ("a key must be a word; put the text in quotes", "键必须是一个词；请给文本加上引号"),
    "duplicate-key": (
        "'{key}' is given twice, first on line {line}; delete one",
        "“{key}”写了两次，第一次在第 {line} 行；请删去一个",
    ),
    # the form of a bank
    "unknown-key": ("unknown key '{key}'; {advice}", "未知的键“{key}”；{advice}"),
    "missing-key": ("'{key}' is missing in {where}; add it", "{where}缺少“{key}”；请补上"),
    "wrong-type": ("'{key}' must be {wanted}, not {found}; correct it", "“{key}”应为{wanted}，而不是{found}；请改正"),
    "empty-text": ("'{key}' is empty; write it or delete the key", "“{key}”是空的；请填写，或删去这个键"),
    "out-of-range": (
        "'{key}' is {value}; write a number from {least} to {most}",
        "“{key}”是 {value}；请写 {least} 到 {most} 之间的数",
    ),
    "bad-section": (
        "'{section}' is not a section; write numbers with dots, such as 4.1",
        "“{section}”不是章节号；请写用点隔开的数字，例如 4.1",
    ),
    "bad-id": (
        "'{id}' is not the id of a question in section {section}; write {section}. and a number",
        "“{id}”不是章节 {section} 中的题号；请写 {section}. 加一个数字",
    ),
    "duplicate-id": (
        "{id} is taken by the question on line {line}; renumber one of them",
        "{id} 已被第 {line} 行的题目使用；请给其中一个改号",
    ),
    "duplicate-section": (
        "section {section} is also in {other}; put both into one bank",
        "章节 {section} 也出现在 {other}；请合并成一个题库",
    ),
    "section-is-question": (
        "section {section} is also the id of a question in {other}; renumber one of them",
        "章节号 {section} 同时是 {other} 中的题号；请给其中一个改号",
    ),
    "bad-point-id": (
        "'{id}' is not the id of a point; write a word of small letters, digits and hyphens",
        "“{id}”不能作要点的 id；请用小写字母、数字和连字符组成的词",
    ),
    "duplicate-point": (
        "point '{id}' is already on line {line}; rename one of them",
        "要点“{id}”已在第 {line} 行；请给其中一个改名",
    ),
    "duplicate-tag": ("the tag '{tag}' is given twice; delete one", "标签“{tag}”写了两次；请删去一个"),
    "no-locator": (
        "'{title}' has none of arxiv, doi and url; add one",
        "“{title}”没有 arxiv、doi 或 url；请至少补上一个",
    ),
    "bad-arxiv": (
        "'{text}' is not an arXiv id; write it as 1706.03762 or cs/0112017",
        "“{text}”不是 arXiv 编号；请写成 1706.03762 或 cs/0112017 的形式",
    ),
    "bad-doi": (
        "'{text}' is not a DOI; write it as 10.1000/182, without an address before it",
        "“{text}”不是 DOI；请写成 10.1000/182 的形式，前面不带网址",
    ),
    "bad-url": ("'{text}' is not a web address; begin with https://", "“{text}”不是网址；请以 https:// 开头"),
    "bad-cue": (
        "the cue term '{term}' names nothing to look for; write words, with | between synonyms",
        "线索词“{term}”没有可查找的内容；请写词语，同义词用 | 隔开",
    ),
    # what a bank links to
    "orphan-folder": (
        "belongs to no question; begin its name with the id of one, such as 4.1.3-scaling",
        "不属于任何题目；请让文件夹名以题号开头，例如 4.1.3-scaling",
    ),
    "duplicate-folder": (
        "{id} already has the folder {other}; keep one of them",
        "{id} 已有文件夹 {other}；请只保留一个",
    ),
    "no-answer": (
        "question {id} has no answer; write {wanted}, or set draft: true",
        "题目 {id} 还没有答案；请写 {wanted}，或设 draft: true",
    ),
    "no-demo": (
        "point '{id}' names claim {claim}, but question {question} has no demo.py; write it or delete the claim",
        "要点“{id}”引用了论断 {claim}，但题目 {question} 没有 demo.py；请补写，或删去 claim",
    ),
    "no-claim": (
        "point '{id}' names claim {claim}, but demo.py has {has}; renumber it or add the claim",
        "要点“{id}”引用了论断 {claim}，但 demo.py 里{has}；请改号，或补上该论断",
    ),
    "unknown-ref": (
        "refers to {ref}, which is no section, question or card; correct it",
        "引用了 {ref}，但没有这样的章节、题目或卡片；请改正",
    ),
    "math-open": (
        "{mark} opens math that is not closed; close it, or write \\$",
        "{mark} 打开的公式没有闭合；请闭合，或写成 \\$",
    ),
    "math-unbalanced": (
        "{what} does not balance in this formula; correct it",
        "这个公式中的 {what} 不配对；请改正",
    ),
    "link-out": (
        "the link {target} leaves the folder of the answer; link to a file beside it or to the web",
        "链接 {target} 指向答案文件夹之外；请链接到同一文件夹的文件或网址",
    ),
    "dead-link": (
        "the link {target} leads to no file; correct it",
        "链接 {target} 指向的文件不存在；请改正",
    ),
    # what a complete answer has
    "incomplete": (
        "question {id} has no {what}; add it",
        "题目 {id} 缺少{what}；请补上",
    ),
    "count": (
        "question {id} has {count} {what}; write {least} to {most}",
        "题目 {id} 有 {count} {what}；应为 {least} 到 {most} {what}",
    ),
    "few-claims": (
        "{linked} of the {count} points of question {id} name a claim; link at least half",
        "题目 {id} 的 {count} 个要点中只有 {linked} 个引用了论断；至少要一半",
    ),
    "no-cues": ("point '{id}' has no cues; add them", "要点“{id}”没有线索词；请补上"),
    "cue-in-question": (
        "the cue [{cue}] is met by the question's own words; add a term",
        "题目本身的文字就满足线索 [{cue}]；请再加一个词",
    ),
    "cue-in-hint": (
        "the cue [{cue}] is met by the hint, which gives the point away; change one of them",
        "提示的文字就满足线索 [{cue}]，等于泄露了要点；请改其中之一",
    ),
    "cue-misses-point": (
        "no cue of point '{id}' is met by its own {lang} sentence; add the words it uses",
        "要点“{id}”自己的{lang}句子不满足任何线索；请补上句中的用词",
    ),
    "no-claims": (
        "has no claims; head each with `# ## Claim N: ...` in a cell of its own",
        "没有论断；请在单独的单元中以 `# ## Claim N: ...` 作标题",
    ),
    "heading": (
        "expected {wanted}, found {found}; an answer has four headings in a fixed order",
        "此处应为{wanted}，却是{found}；答案有四个标题，顺序固定",
    ),
    "text-before-heading": (
        "text before the first heading; put it under one",
        "第一个标题之前有文字；请移到标题之下",
    ),
    "length": (
        "'{heading}' has {count} words; write {least} to {most}",
        "“{heading}”有 {count} 字；应为 {least} 到 {most} 字",
    ),
    "one-sentence": (
        "'{heading}' holds {count} sentences; write one",
        "“{heading}”有 {count} 句；请只写一句",
    ),
}


def write_message(code: str, facts: Mapping[str, Fact]) -> tuple[str, str]:
    """The message of a problem in English and in Chinese."""
    en, zh = MESSAGES[code]
    return (
        en.format_map({name: _word(fact, 0) for name, fact in facts.items()}),
        zh.format_map({name: _word(fact, 1) for name, fact in facts.items()}),
    )


def _word(fact: Fact, lang: int) -> str:
    if isinstance(fact, tuple):
        return fact[lang]
    return shorten(str(fact))


def shorten(text: str, length: int = 60) -> str:
    """Text from a file, as a message may quote it."""
    return printable(text if len(text) <= length else text[:length] + "…")


def printable(text: str) -> str:
    """The text with whatever a terminal could obey written out."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
