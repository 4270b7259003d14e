"""What is said of a submission that fails before its values can be compared, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnquiz.judge.mistake import Looks, Pair, clean

if TYPE_CHECKING:
    from attnquiz.judge.reply import Largest, Raised

BUILTIN = {
    "load": ("the_file_loads", "The file loads and defines what is asked for.", "文件能加载，且定义了题目要求的名字。"),
    "limits": ("it_stays_within_its_limits", "It stays within its limits.", "不超出时间、内存和输出的限制。"),
    "conduct": ("it_leaves_everything_else_alone", "It leaves everything else alone.", "不动与题目无关的东西。"),
    "plain": ("it_returns_plain_tensors", "It returns plain tensors of its own.", "返回自己的普通张量。"),
}

NOT_DEFINED = Looks(
    "the file defines no {kind} named {name}",
    "文件里没有定义名为 {name} 的 {kind}",
    "The names and arguments of the stub have to stay as they are.",
    "模板里的名字和参数必须保持不变。",
)
NOT_WRITTEN = Looks(
    "not written yet: {name} raises NotImplementedError",
    "还没有写：{name} 抛出 NotImplementedError",
    "Replace the line that raises it.",
    "把抛出它的那一行换成你的代码。",
)
RAISED = Looks("{kind} is raised", "抛出了 {kind}")
EXITS = Looks(
    "it leaves with {kind} instead of returning",
    "没有返回，而是以 {kind} 退出",
    "A function returns its result and leaves the process alone.",
    "函数应当返回结果，不要结束进程。",
)
REFUSED = Looks(
    "it asks the system for something that a submission may not have",
    "向系统要求了提交代码不该用的东西",
    "The exercise needs torch alone: no files, processes or network.",
    "这道题只需要 torch：不需要文件、进程或网络。",
)
TOO_SLOW = Looks(
    "it does not come back within {seconds:g} s",
    "{seconds:g} 秒内没有返回",
    "Is there a loop that does not end, or one more loop than is needed?",
    "是不是有循环停不下来，或者多了一层循环？",
)
TOO_MUCH_PRINTED = Looks("it prints more than {limit} bytes", "打印的内容超过了 {limit} 字节")
ENDED = Looks(
    "its process ended in the middle of the call (exit code {code})",
    "调用中途进程结束了（退出码 {code}）",
    "os._exit, a crash in native code, or the memory limit.",
    "可能是 os._exit、底层代码崩溃，或内存超限。",
)
NO_REPLY = Looks(
    "its process sent something that is no reply",
    "进程发回的内容不是有效的答复",
    "Only what the function returns is looked at: leave the judge's channel alone.",
    "只看函数的返回值：不要动判题用的通道。",
)
TOO_LARGE = Looks(
    "it needs more memory than the exercise allows",
    "占用的内存超过了题目允许的量",
    "Which tensor grows with the square of the length?",
    "哪个张量随长度的平方增长？",
)
OUT_OF_MEMORY = Looks("it needs more memory than a submission may use", "占用的内存超过了允许的量")
CHANGES_TORCH = Looks(
    "it changes the state of the process: {names}",
    "改动了进程的全局状态：{names}",
    "Whoever calls this function relies on torch being as it was.",
    "调用者指望 torch 保持原样。",
)
OPENS_CLOSED = Looks(
    "it tries to open the exercise's own files: {names}",
    "试图打开本题自己的文件：{names}",
    "They are closed to a submission, for reading and for writing.",
    "这些文件对提交代码是关闭的，不能读也不能写。",
)
NOT_PLAIN = Looks(
    "it returns a {what} instead of a plain tensor",
    "返回的是 {what}，不是普通张量",
    "Only strided torch.Tensor objects on the CPU can be compared.",
    "只有 CPU 上普通布局的 torch.Tensor 才能比较。",
)
ALIASES = Looks(
    "what it returns shares memory with an input",
    "返回值与输入共用内存",
    "The caller may write to either: return a tensor of your own, as `x + y` does and `x += y` does not.",
    "调用者可能写入其中任何一个：请返回自己的张量；`x + y` 是新张量，`x += y` 不是。",
)
WRONG_KIND = Looks("the result is not what was asked for", "返回的不是题目要求的东西")
WRITES_INTO_INPUT = Looks(
    "it writes its result into an input and returns that",
    "把结果写进了输入，再把输入返回",
    "Which operation works in place? `x += y` does, `x + y` does not.",
    "哪一步是原地操作？`x += y` 是，`x + y` 不是。",
)
DOES_NOT_FIT = Looks("the result cannot be compared with the right one", "结果无法与正确结果比较")

NO_PARAMETER = Looks(
    "the module has no parameter {name} of the right shape",
    "模块里没有形状正确的参数 {name}",
    "Names and sizes of the submodules are part of the task: the judge loads its own weights into them.",
    "子模块的名字和尺寸是题目的一部分：判题时要往里面加载权重。",
)

_FIRST_WORDS: dict[str, Looks] = {
    "NotImplementedError": NOT_WRITTEN,
    "SystemExit": EXITS,
    "KeyboardInterrupt": EXITS,
    "PermissionError": REFUSED,
    "BlockingIOError": REFUSED,
    "MemoryError": OUT_OF_MEMORY,
}


def of_error(raised: Raised, name: str) -> Looks:
    for kind in raised.kinds:
        if looks := _FIRST_WORDS.get(kind):
            return looks.about(kind=kind, name=name.removesuffix(".__init__"))
    if ran_out_of_memory(raised):
        return OUT_OF_MEMORY
    if "PermissionError" in raised.message:  # passed on in other words, as the compiler does
        return REFUSED
    return RAISED.about(kind=clean(raised.kinds[0]))


def lines_of_error(raised: Raised) -> list[Pair]:
    text = clean(raised.text())[:150]
    if raised.line is None:
        return [(text, text)]
    return [(f"line {raised.line}: {text}", f"第 {raised.line} 行：{text}")]


def ran_out_of_memory(raised: Raised) -> bool:
    return "MemoryError" in raised.kinds or "allocate memory" in raised.message


def line_of_largest(largest: Largest) -> Pair:
    shape, operation, mib = largest.shape, clean(largest.operation), largest.nbytes / (1 << 20)
    return (
        f"the largest tensor made: {shape}, {mib:.0f} MiB, by {operation}",
        f"产生的最大张量：{shape}，{mib:.0f} MiB，来自 {operation}",
    )
