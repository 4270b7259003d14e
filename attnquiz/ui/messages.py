"""What a person reads in a session, in both languages. `Speech` picks one; a test keeps the two in step."""

from __future__ import annotations

from dataclasses import dataclass

MESSAGES: dict[str, tuple[str, str]] = {
    # the drill's keys
    "key_space": ("show the answer", "看答案"),
    "key_take": ("take {rating}", "选「{rating}」"),
    "key_type": ("type an answer", "先打字作答"),
    "key_hint": ("hint", "提示"),
    "key_run": ("run the demo", "跑演示"),
    "key_code": ("its code", "看代码"),
    "key_follow_ups": ("follow-ups", "追问"),
    "key_edit": ("open the answer in the editor", "用编辑器打开答案"),
    "key_info": ("what is known of this card", "这张卡的记录"),
    "key_points": ("tick the points you made", "勾选答到的要点"),
    "key_undo": ("undo the last grade", "撤销上一次评分"),
    "key_skip": ("skip, ask it at the end", "跳过，最后再问"),
    "key_not_today": ("not today", "今天不问"),
    "key_suspend": ("suspend this card", "停用这张卡"),
    "key_help": ("all keys", "全部按键"),
    "key_quit": ("quit", "退出"),
    "key_scroll": ("scroll", "滚动"),
    "key_stop": ("stop the demo", "停止演示"),
    "key_tick": ("tick a point, any other key when done", "勾选要点，按其他键结束"),
    "key_any": ("any key goes back", "按任意键返回"),
    "key_grades": ("grade your recall: again, hard, good, easy", "给回忆评分：重来、困难、良好、轻松"),
    "space": ("space", "空格"),
    "skip": ("skip", "跳过"),
    "short_run": ("run", "跑演示"),
    "short_code": ("code", "代码"),
    "short_follow_ups": ("follow-ups", "追问"),
    "short_tick": ("tick points", "勾要点"),
    "short_undo": ("undo", "撤销"),
    "how_to_type": (
        "Enter when done, Alt-Enter for a new line, Ctrl-C to go back.",
        "回车提交，Alt-回车换行，Ctrl-C 返回。",
    ),
    # notes
    "no_such_key": ("That key does nothing here; ? shows the keys.", "这个键在这里没有作用；按 ? 看全部按键。"),
    "reveal_first": ("Show the answer first: space.", "先按空格看答案。"),
    "already_revealed": ("The answer is already on screen.", "答案已经显示了。"),
    "nothing_to_undo": ("Nothing to undo in this session.", "这次练习里没有可撤销的评分。"),
    "undone": ("The grade is taken back.", "已撤销这次评分。"),
    "skipped": ("Skipped: it comes back at the end.", "已跳过，最后再问。"),
    "no_hint": ("This card has no hint.", "这张卡没有提示。"),
    "hints_at_bench": ("Hints come while you write: press c.", "写代码时才有提示：按 c。"),
    "no_demo": ("This card has no demo.", "这张卡没有演示。"),
    "no_points": ("This card has no points to tick.", "这张卡没有可勾选的要点。"),
    "no_follow_ups": ("This card has no follow-ups.", "这张卡没有追问。"),
    "stopped": ("The demo was stopped.", "演示已停止。"),
    "no_editor": (
        "No editor found: set VISUAL or EDITOR. The file is {path}",
        "没有找到编辑器：请设置 VISUAL 或 EDITOR。文件是 {path}",
    ),
    # ratings and states
    "again": ("again", "重来"),
    "hard": ("hard", "困难"),
    "good": ("good", "良好"),
    "easy": ("easy", "轻松"),
    "new": ("new", "新卡"),
    "learning": ("learning", "学习中"),
    "review": ("review", "复习"),
    "relearning": ("relearning", "重学"),
    "suspended": ("suspended", "已停用"),
    # intervals
    "this_session": ("this session", "本次再问"),
    "days": ("{n} d", "{n} 天"),
    "months": ("{n} mo", "{n} 个月"),
    "years": ("{n} y", "{n} 年"),
    # the question's screen
    "say_it": ("Say your answer aloud, then press space.", "先把答案说出来，再按空格。"),
    "hint": ("Hint", "提示"),
    "you_wrote": ("You wrote", "你的回答"),
    "points": ("Points", "要点"),
    "proof": ("(claim {n})", "（论断 {n}）"),
    "follow_up_of": ("Follow-up to {id}", "{id} 的追问"),
    "references": ("References", "参考文献"),
    "demo": ("Demo", "演示"),
    "more_below": ("↓ more", "↓ 下面还有"),
    "progress": ("{done} done, {left} left", "已做 {done} 张，还剩 {left} 张"),
    "not_written": ("not written yet", "尚未撰写"),
    # the demo
    "running": ("running ...", "运行中……"),
    "claims": ("Claims", "论断"),
    "claim": ("claim", "论断"),
    "measured": ("measured", "实测"),
    "bound": ("bound", "界"),
    "control": ("control", "对照"),
    "holds": ("holds", "成立"),
    "fails": ("FAILS", "不成立"),
    "no_control": ("no control", "无对照"),
    "demo_ok": ("every claim holds, {seconds:.1f} s, seed {seed}", "全部论断成立，{seconds:.1f} 秒，种子 {seed}"),
    "demo_failed": (
        "{failed} of {total} claims fail, {seconds:.1f} s, seed {seed}",
        "{total} 条论断中 {failed} 条不成立，{seconds:.1f} 秒，种子 {seed}",
    ),
    "picture": ("Picture", "图"),
    "line": ("line {n}", "第 {n} 行"),
    "output": ("output", "输出"),
    "step_keys": (
        "space next  b back  r restart  a play all  e edit a copy  q leave",
        "空格 下一格  b 上一格  r 从头  a 放完  e 改副本  q 离开",
    ),
    "step_edited": ("Now running your copy: {path}", "现在运行的是你的副本：{path}"),
    "verified": (
        "Demos: {demos}. Claims checked: {claims}. {seconds:.0f} s. {verdict}",
        "演示：{demos}。检查论断：{claims}。{seconds:.0f} 秒。{verdict}",
    ),
    "all_hold": ("Every claim holds.", "全部成立。"),
    "some_fail": ("Not holding: {n}.", "不成立：{n}。"),
    "worst_of": ("worst of {n} seeds", "{n} 个种子中最差的"),
    # code
    "judging": ("judging ...", "评判中……"),
    "watching": ("Judged at each save of {path}; any key ends it.", "每次保存 {path} 都会评判；按任意键结束。"),
    "code_passes": ("It passes all {total} checks.", "全部 {total} 项检查通过。"),
    "still_to_come": ("still to come after this one: {n}", "这一项通过之后还有 {n} 项"),
    "code_fails": ("It passes {passed} of {total} checks so far.", "目前通过 {total} 项检查中的 {passed} 项。"),
    "it_printed": ("It printed:", "它的输出："),
    "lines_before": ("({n} lines before)", "（前面还有 {n} 行）"),
    "judging_stopped": ("Stopped; this was no try.", "已停止，不算一次尝试。"),
    "nothing_saved": ("Nothing new was saved, so nothing was judged.", "没有保存新内容，所以没有评判。"),
    "hint_of": ("Hint {n} of {total}", "提示 {n}/{total}"),
    "no_more_hints": ("There are no more hints.", "没有更多提示了。"),
    "yours": ("yours", "你的代码"),
    "solution": ("solution", "参考实现"),
    "begins_again": ("The file is as it began: {path}", "文件是最初的样子：{path}"),
    "kept_aside": ("What you wrote is kept in {path}", "你写的保存在 {path}"),
    "bench_edit": ("edit", "编辑"),
    "bench_watch": ("judge at each save", "每次保存都评判"),
    "bench_reset": ("start again", "重写"),
    "bench_done": ("done", "完成"),
    "bench_leave": ("leave", "离开"),
    "leave_ungraded": ("leave ungraded", "不评分"),
    "find_bug": (
        "This code has one mistake planted in it: find it, then mend it in the editor.",
        "这段代码里埋了一个错误：找出来，再到编辑器里改正。",
    ),
    "not_graded": ("Not graded; your file stays as it is.", "没有评分；你的文件原样保留。"),
    "not_earned": (
        "Not earned: good needs a pass without hints, easy one at the first try.",
        "还够不上这个评分：「良好」要不看提示就通过，「轻松」要第一次就通过。",
    ),
    "short_write": ("write the code", "写代码"),
    "short_solution": ("show the solution", "看参考实现"),
    "bug_was": ("The mistake:", "错误在于："),
    "other_python": (
        "Another Python here has torch: attnquiz config set python {python}",
        "这里另有一个装了 torch 的 Python：attnquiz config set python {python}",
    ),
    # cards and banks
    "graded": ("{card} graded {rating}; next: {when}.", "{card} 评为「{rating}」；下次：{when}。"),
    "taken_back": ("Taken back: {card} {rating}.", "已撤销：{card} {rating}。"),
    "card": ("card", "卡片"),
    "question": ("question", "问题"),
    "nothing_listed": ("No card matches.", "没有符合条件的卡片。"),
    "lint_ok": ("No problems.", "没有问题。"),
    "lint_problems": ("Problems: {n}.", "问题：{n} 个。"),
    "comma": (", ", "，"),
    "colon": (":", "："),
    # what is known of a card
    "state": ("state", "状态"),
    "due": ("due", "到期"),
    "today": ("today", "今天"),
    "stability": ("stability", "稳定度"),
    "difficulty": ("difficulty", "难度"),
    "recall": ("recall today", "今天的回忆率"),
    "reviews": ("reviews", "复习次数"),
    "lapses": ("forgotten", "遗忘次数"),
    "asked": ("how often it is asked", "面试出现频率"),
    "tags": ("tags", "标签"),
    # the end
    "summary": ("{cards} reviewed in {time}", "{time}内复习了 {cards} 次"),
    "summary_recall": ("{recall:.0%} recalled", "答出 {recall:.0%}"),
    "weak_points": ("To read again", "需要再看"),
    "forgotten": ("forgotten", "没答出"),
    "still_queued": (
        "{n} still to do today: `attnquiz drill` goes on.",
        "今天还剩 {n} 张：再运行 `attnquiz drill` 继续。",
    ),
    "next_due": ("Next: {n} due on {day}.", "下次：{day} 有 {n} 张到期。"),
    "nothing_graded": ("Nothing graded; nothing changed.", "没有评分，什么都没有改变。"),
    "nothing_due": ("Nothing is due today.", "今天没有到期的卡片。"),
    "meanwhile": (
        "Meanwhile: `attnquiz show 4.7` reads a section, `attnquiz drill --new 20` takes more new cards.",
        "不妨用 `attnquiz show 4.7` 读一节，或用 `attnquiz drill --new 20` 多学几张新卡。",
    ),
    "minutes": ("{n} min", "{n} 分钟"),
    "seconds": ("{n} s", "{n} 秒"),
}


@dataclass(frozen=True, slots=True)
class Speech:
    """`say("days", n=3)` in the chosen language."""

    lang: str

    def __call__(self, key: str, **values: object) -> str:
        en, zh = MESSAGES[key]
        text = zh if self.lang == "zh" else en
        return text.format(**values) if values else text

    def interval(self, days: int) -> str:
        """A number of days as people say it: 0 is later in this session."""
        if days <= 0:
            return self("this_session")
        if days < 60:
            return self("days", n=days)
        if days < 730:
            return self("months", n=round(days / 30.44))
        return self("years", n=f"{days / 365.25:.1f}")

    def duration(self, seconds: float) -> str:
        if seconds < 90:
            return self("seconds", n=round(seconds))
        return self("minutes", n=round(seconds / 60))
