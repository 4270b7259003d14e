"""The checks of sliding-window attention, the specific before the general."""

import torch
from torch.nn.functional import pad

from attnquiz.judge.compare import (
    Looks,
    expect,
    expect_close,
    expect_gradients,
    expect_like,
    expect_untouched,
    gradients_of,
)

SIZES = [(1, 1), (3, 1), (6, 2), (7, 3), (16, 4), (19, 8), (5, 5), (50, 23)]  # tokens and window
LONG = 8192  # a float32 tensor of LONG x LONG takes 256 MiB
BUDGET_MIB = 48  # one such tensor does not fit four times over, a dozen of the size that is needed do

LENGTH = Looks(
    "{tokens} tokens with a window of {window} do not give {tokens} outputs",
    "{tokens} 个 token、窗口为 {window} 时，没有得到 {tokens} 个输出",
    "What becomes of the last block when the window does not divide the length?",
    "窗口不能整除长度时，最后一块怎么办？",
)
TAIL = Looks(
    "of {tokens} tokens with a window of {window} the last {missing} get zeros instead of an output",
    "{tokens} 个 token、窗口为 {window} 时，最后 {missing} 个得到的是零，而不是输出",
    LENGTH.think_en,
    LENGTH.think_zh,
)
MIXED = Looks(
    "sample {sample}, head {head} is not computed by itself",
    "第 {sample} 个样本的第 {head} 个头不是独立计算的",
    "Every step has to keep the first two dimensions apart.",
    "每一步都要把前两维分开。",
)
DTYPE = Looks(
    "the result is not in the dtype of the inputs",
    "结果的 dtype 与输入不同",
    "What was cast on the way has to be cast back; what is created takes the dtype of q.",
    "中途转换过的 dtype 要转换回来；新建的张量要用 q 的 dtype。",
)
LEAK = Looks(
    "future tokens leak: output {out} changes when token {token} does (window {window})",
    "未来的 token 泄漏了：第 {token} 个 token 一变，第 {out} 个输出就变（窗口为 {window}）",
    "Which keys does query {out} meet, and at which positions of the sequence do they really stand?",
    "第 {out} 个查询遇到了哪些键？它们在序列里的真实位置是多少？",
)
NOT_AVERAGE = Looks(
    "the weights of a query do not add up to 1 over the keys that exist",
    "一个查询在实际存在的键上的权重之和不等于 1",
    "The first queries have fewer keys: what stands in the places left? Does the mask come before the softmax?",
    "最前面几个查询的键不够一个窗口：空出来的位置上放的是什么？掩码是在 softmax 之前吗？",
)
PADDING = Looks(
    "zero padding takes part: its keys have logits of 0 and draw weight",
    "补的零也参与了 softmax：它们的分数是 0，分走了权重",
)
NO_KEY = Looks(
    "query 0 is left without a key: a softmax over nothing gives NaN",
    "第 0 个查询一个键也没有：对空集做 softmax 得到 NaN",
    "Its own key counts: for which j does i - window < j <= i hold?",
    "它自己的键也计入窗口：哪些 j 满足 i - window < j <= i？",
)
KEYS_AS_VALUES = Looks("keys and values have changed places", "键和值弄反了")
WINDOW_OF_ONE = Looks(
    "with a window of 1 a token does not get its own value",
    "窗口为 1 时，token 得到的不是它自己的值",
    "The query's own key counts: for which j does i - window < j <= i hold when the window is 1?",
    "查询自己的键也计入窗口：窗口为 1 时，哪些 j 满足 i - window < j <= i？",
)
EMPTY = Looks("a window of 1 is empty: the window is one key too short", "窗口为 1 时成了空的：窗口少了一个键")
ONE_OFF = (
    "The query's own key counts: how many j are there with i - window < j <= i?",
    "查询自己的键也计入：满足 i - window < j <= i 的 j 有几个？",
)
ONE_TOO_MANY = Looks(
    "the window is one key too long: {more} keys for a window of {window}",
    "窗口多了一个键：窗口为 {window}，键却有 {more} 个",
    *ONE_OFF,
)
ONE_TOO_FEW = Looks(
    "the window is one key too short: {less} for a window of {window}",
    "窗口少了一个键：窗口为 {window}，键只有 {less} 个",
    *ONE_OFF,
)
NO_LEFT_EDGE = Looks(
    "every earlier key is seen: the window has no left edge",
    "前面所有的键都看到了：窗口没有左边界",
    "Both ends of the window need a bound: which keys lie too far behind?",
    "窗口的两端都要有界限：哪些键离得太远？",
)
OUTSIDE = Looks(
    "query {query} gives weight to key {key}, which is outside its window of {window}",
    "第 {query} 个查询给第 {key} 个键分了权重，而它在长度为 {window} 的窗口之外",
    "Both ends of the window need a bound, for every query of a block.",
    "窗口的两端都要有界限，而且块里的每个查询都一样。",
)
INSIDE = Looks(
    "query {query} gives no weight to key {key}, which is inside its window of {window}",
    "第 {query} 个查询没有给第 {key} 个键分权重，而它在长度为 {window} 的窗口之内",
    "Where does a window begin whose query is the first of a block?",
    "查询位于一块的开头时，它的窗口从哪里开始？",
)
BAD_SCALE = Looks(
    "the weights are not softmax(q·k/√D)",
    "权重不是 softmax(q·k/√D)",
    "Which size is D, and what brings the variance of a sum of D products back to 1?",
    "D 是哪个尺寸？D 个乘积之和的方差怎样回到 1？",
)
NO_SCALE = Looks("the scores are not scaled at all", "分数完全没有缩放")
SCALE_WINDOW = Looks(
    "the scores are divided by the root of the window instead of √D", "分数除以了窗口长度的平方根，而不是 √D"
)
SCALE_D = Looks("the scores are divided by D instead of √D", "分数除以了 D，而不是 √D")
WIDE = Looks(
    "wrong for {tokens} tokens with a window of {window}, which is plain causal attention",
    "{tokens} 个 token、窗口为 {window} 时结果不对：此时它就是普通的因果注意力",
    "A window that reaches beyond the first token holds all tokens up to the query, not fewer.",
    "窗口伸到第一个 token 之前时，包含直到查询为止的所有 token，一个也不少。",
)
REPEATED = Looks(
    "the first key counts once for every place before it: a clamped position is a key like any other",
    "第一个键前面的每个空位都被算成了它自己：位置截断到 0 之后，softmax 会把它重复计入",
    "Clamping keeps the index legal. What takes the weight away?",
    "截断只让下标合法。那份权重由谁去掉？",
)
OVERFLOW = Looks(
    "scores of 1e4 are not survived",
    "分数达到 1e4 时结果出错",
    "exp(89) overflows float32, and a key that is masked needs a score below every other: -inf.",
    "float32 下 exp(89) 就会溢出；被屏蔽的键的分数必须低于其他任何分数，也就是 -inf。",
)
ONE_MAXIMUM = Looks(
    "one maximum for all queries of a block: one with scores of -1e4 is left with nothing",
    "一块查询共用一个最大值：分数为 -1e4 的查询什么也没剩下",
    "Each query has a maximum of its own.",
    "每个查询都有自己的最大值。",
)
GRADIENT = Looks(
    "the gradient is wrong",
    "梯度不对",
    "Does every step stay in the graph: no detach, no .data, no no_grad?",
    "每一步都留在计算图里了吗？有没有 detach、.data 或 no_grad？",
)
QUADRATIC = Looks(
    "its memory grows with T²: {tokens} tokens with a window of {window} do not fit into {budget} MiB",
    "内存随 T² 增长：{tokens} 个 token、窗口 {window} 时，{budget} MiB 内存装不下",
    "A mask hides scores that were computed. Which keys does a block of queries need at all?",
    "掩码只是藏起已经算出来的分数。一块查询到底需要哪些键？",
)
FAR = Looks(
    "a key is read that no query nearby can see: NaN in value 0 reaches output {out}",
    "读取了远在窗口之外的键：第 0 个值里的 NaN 传到了第 {out} 个输出",
    "0 times NaN is NaN. To multiply with every earlier key takes T² steps, even if nothing is stored.",
    "权重 0 乘 NaN 还是 NaN。若与前面所有的键相乘，即使不保存结果，也要 T² 次运算。",
)
VALUES = Looks(
    "wrong for (B, H, T, D) = {shape} with a window of {window}",
    "(B, H, T, D) = {shape}、窗口为 {window} 时结果不对",
    "Is the size of a block fixed somewhere? A window of w reaches back w - 1 tokens, through how many blocks?",
    "是不是把块的大小写死了？长为 w 的窗口往回够到 w - 1 个 token，会跨过几块？",
)


def reference(q, k, v, window, scale=None):
    """One query at a time."""
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    rows = []
    for i in range(q.shape[-2]):
        seen = slice(max(0, i - window + 1), i + 1)
        attn = (k[:, :, seen] @ q[:, :, i, :, None] * scale).softmax(dim=-2)
        rows.append((attn * v[:, :, seen]).sum(dim=-2))
    return torch.stack(rows, dim=-2)


def with_padding(q, k, v, window, mode="constant"):
    """The mistake: what is put before the first token, zeros or a repetition, are keys like any other."""
    padded = (
        pad(x.flatten(0, 1).mT, (window - 1, 0), mode=mode).mT.reshape(*x.shape[:2], -1, x.shape[-1]) for x in (q, k, v)
    )
    return reference(*padded, window)[:, :, window - 1 :]


def inputs(tokens, width=3, batch=1, heads=1, dtype=torch.float64):
    return [torch.randn(batch, heads, tokens, width, dtype=dtype) for _ in "qkv"]


def check_every_token_gets_an_output(submission):
    """As many outputs as tokens, also when the window does not divide the length.
    输出与 token 一样多，窗口不能整除长度时也是如此。"""
    for tokens, window in (2, 2), (3, 2), (5, 3), (8, 5), (37, 8):
        q, k, v = inputs(tokens, 4, 2, 3)
        looks = LENGTH.about(tokens=tokens, window=window)
        got = submission.asking(on_error=looks).sliding_window_attention(q, k, v, window).value
        expect_like(got, v.to(got.dtype), looks)
        missing = int((got.transpose(0, 2).flatten(1) == 0).all(1).flip(0).long().cumprod(0).sum())
        left_out = 0 < missing <= tokens % window
        expect(not left_out, TAIL.about(tokens=tokens, window=window, missing=missing))


def check_the_result_has_the_dtype_of_its_inputs(submission):
    """The result has the dtype of its inputs.
    结果的 dtype 与输入相同。"""
    for dtype in torch.float32, torch.float64:
        q, k, v = inputs(5, dtype=dtype)
        expect_like(submission.sliding_window_attention(q, k, v, 2), v, DTYPE)


def check_every_batch_and_head_is_computed_by_itself(submission):
    """Samples and heads are computed one by one.
    各个样本、各个头独立计算。"""
    q, k, v = inputs(4, 3, 2, 3)
    places = (0, 0), (0, 1), (1, 2)
    slices = [(slice(sample, sample + 1), slice(head, head + 1)) for sample, head in places]
    alone = [submission.sliding_window_attention(*(x[at] for x in (q, k, v)), 2) for at in slices]
    together = submission.sliding_window_attention(q, k, v, 2)
    expect_like(together, v, LENGTH.about(tokens=4, window=2))
    for (sample, head), at, want in zip(places, slices, alone, strict=True):
        looks = MIXED.about(sample=sample, head=head)
        got, want = (torch.nan_to_num(x, nan=7.0) for x in (together[at], want))  # a NaN is for the checks below
        expect_close(got, want, looks, name=f"out[{sample}, {head}]")


def check_the_weights_of_a_query_add_up_to_one(submission):
    """Values that are all 1 give 1, for the first queries too.
    值全为 1 时输出为 1，最前面的查询也不例外。"""
    for tokens, window in (4, 2), (3, 3), (12, 4):
        q, k, _ = inputs(tokens, 2)
        ones = torch.ones_like(q)
        got = submission.sliding_window_attention(q, k, ones, window)
        expect_like(got, ones, LENGTH.about(tokens=tokens, window=window))
        no_key = ones.clone()
        no_key[:, :, 0] = torch.nan
        suspects = [
            (PADDING, with_padding(q, k, ones, window)),
            (NO_KEY, no_key),
            (KEYS_AS_VALUES, reference(q, ones, k, window)),
        ]
        expect_close(got, ones, NOT_AVERAGE, suspects=suspects)


def check_no_token_sees_the_future(submission):
    """An output does not change when a later token does.
    后面的 token 改变时，前面的输出不变。"""
    for tokens, window in (2, 2), (4, 2), (7, 3):
        q, k, v = inputs(tokens, 2)
        before = submission.sliding_window_attention(q, k, v, window)
        expect_like(before, v, LENGTH.about(tokens=tokens, window=window))
        for token in sorted({1, tokens // 2, tokens - 1}):
            later_k, later_v = k.clone(), v.clone()
            later_k[:, :, token], later_v[:, :, token] = torch.randn(2, 1, 1, 2, dtype=k.dtype)
            after = submission.sliding_window_attention(q, later_k, later_v, window)
            expect_like(after, v, LENGTH.about(tokens=tokens, window=window))
            for out in range(token):
                looks = LEAK.about(out=out, token=token, window=window)
                expect_close(after[0, 0, out], before[0, 0, out], looks, name=f"output {out}")


def check_a_query_sees_its_window_and_nothing_else(submission):
    """A query gives weight to the keys i - window < j <= i and to no others.
    查询只给 i - window < j <= i 的键分权重，其他键一概没有。"""
    for tokens, window in (5, 2), (3, 2), (8, 3), (11, 4), (24, 10):
        q, k, _ = inputs(tokens, tokens)
        q *= 0.1  # nearly equal weights: none is too small to be seen
        eye = torch.eye(tokens, dtype=q.dtype)[None, None]  # as values: the output is the matrix of weights
        got = submission.sliding_window_attention(q, k, eye, window)
        expect_like(got, eye, INSIDE.about(query=0, key=0, window=window))
        given = got[0, 0].abs() > 1e-9
        back = torch.arange(tokens)[:, None] - torch.arange(tokens)
        for keys, looks in (window - 1, ONE_TOO_FEW), (window + 1, ONE_TOO_MANY), (tokens, NO_LEFT_EDGE):
            same = torch.equal(given, (back >= 0) & (back < keys))
            expect(not same, looks.about(window=window, less=window - 1, more=window + 1))
        for query in range(tokens):
            for key in range(tokens):
                seen = query - window < key <= query
                looks = (INSIDE if seen else OUTSIDE).about(query=query, key=key, window=window)
                weighed = given[query].nonzero()[:, 0].tolist()
                line = f"keys with weight: {weighed}", f"有权重的键：{weighed}"
                expect(bool(given[query, key]) == seen, looks, line)


def check_a_window_of_one_gives_the_values(submission):
    """With a window of 1 a token sees itself alone and gets its own value.
    窗口为 1 时，token 只看到自己，得到的就是自己的值。"""
    for tokens in 1, 3, 4:
        q, k, v = inputs(tokens, 2)
        suspects = [
            (EMPTY, torch.full_like(v, torch.nan)),
            (EMPTY, torch.zeros_like(v)),
            *((ONE_TOO_MANY.about(window=1, more=2), function(q, k, v, 2)) for function in (reference, with_padding)),
        ]
        asking = submission.asking(on_error=WINDOW_OF_ONE)
        got = asking.sliding_window_attention(q, k, v, 1).value
        expect_close(got, v, WINDOW_OF_ONE, suspects=suspects)


def check_the_scores_are_divided_by_root_d(submission):
    """Scores are divided by √D.
    分数除以 √D。"""
    for width in 3, 16:
        q, k, v = inputs(3, width)
        wrong = (NO_SCALE, 1), (SCALE_D, 1 / width), (SCALE_WINDOW, 2**-0.5)
        suspects = [(looks, reference(q, k, v, 2, scale)) for looks, scale in wrong]
        got = submission.sliding_window_attention(q, k, v, 2)
        expect_close(got, reference(q, k, v, 2), BAD_SCALE, suspects=suspects)


def check_a_window_longer_than_the_sequence_is_causal_attention(submission):
    """With a window as long as the sequence or longer it is plain causal attention.
    窗口不短于序列时，就是普通的因果注意力。"""
    for tokens, window in (3, 3), (2, 3), (1, 2), (4, 9), (6, 100):
        q, k, v = inputs(tokens, 2)
        looks = WIDE.about(tokens=tokens, window=window)
        got = submission.asking(on_error=looks).sliding_window_attention(q, k, v, window).value
        suspects = [(REPEATED, with_padding(q, k, v, window, "replicate"))]
        expect_close(got, reference(q, k, v, tokens), looks, suspects=suspects)


def check_the_inputs_stay_as_they_were(submission):
    """q, k and v stay as they were.
    q、k、v 保持原样。"""
    for tokens, window in (6, 3), (5, 2), (3, 7):
        expect_untouched(submission.asking().sliding_window_attention(*inputs(tokens), window))


def check_scores_of_1e4_are_survived(submission):
    """Scores of 1e4 and -1e4 in float32 give finite and right results, in one call too.
    float32 下分数为 ±1e4 时结果有限且正确，同一次调用里两者都有也一样。"""
    for size in 1e4, -1e4:
        direction = torch.randn(2, dtype=torch.float64).sign()
        q = (direction * abs(size)).expand(1, 1, 4, 2).float().contiguous()
        k = (direction * (1 if size > 0 else -1) + torch.randn(1, 1, 4, 2) * 1e-4).float()
        v = torch.randn(1, 1, 4, 2)
        want = reference(q.double(), k.double(), v.double(), 2).float()
        expect_close(submission.sliding_window_attention(q, k, v, 2), want, OVERFLOW, tol=2e-2)
    q = torch.tensor([1e4, -1e4, 1e4, -1e4]).view(1, 1, 4, 1)
    k, v = 1 + torch.rand(1, 1, 4, 1) * 1e-4, torch.randn(1, 1, 4, 1)
    want = reference(q.double(), k.double(), v.double(), 2).float()
    lost = q < 0
    suspects = [(ONE_MAXIMUM, want.masked_fill(lost, number)) for number in (0.0, torch.nan)]
    expect_close(submission.sliding_window_attention(q, k, v, 2), want, OVERFLOW, tol=2e-2, suspects=suspects)


def check_gradients_reach_q_k_and_v(submission):
    """The gradients of q, k and v are those of the formula.
    q、k、v 的梯度与公式一致。"""
    for tokens, window in (4, 2), (7, 3), (3, 5):
        qkv = inputs(tokens, 4, 2, 3)
        weights = torch.randn_like(qkv[2])
        want = gradients_of(lambda *leaves, window=window: reference(*leaves, window), qkv, weights)
        reply = submission.asking(grad_of=qkv, cotangent=weights).sliding_window_attention(*qkv, window)
        expect_gradients(reply, want, "qkv", GRADIENT)


def check_memory_grows_with_the_window_not_with_the_length(submission):
    """8192 tokens with a window of 16 need no more than 96 MiB beside the inputs.
    8192 个 token、窗口为 16 时，除输入外只需不超过 96 MiB 内存。"""
    q, k, v = inputs(LONG, 16, dtype=torch.float32)
    beyond = QUADRATIC.about(tokens=LONG, window=16, budget=BUDGET_MIB)
    asking = submission.asking(memory_mib=BUDGET_MIB, beyond=beyond)
    got = asking.sliding_window_attention(q, k, v, 16).value
    last = slice(LONG - 50, None)
    want = reference(*(x[:, :, last].double() for x in (q, k, v)), 16).float()
    expect_like(got, v, LENGTH.about(tokens=LONG, window=16))
    looks = VALUES.about(shape=tuple(q.shape), window=16)
    expect_close(got[:, :, -32:], want[:, :, -32:], looks, tol=1e-4, name="last 32")


def check_keys_far_behind_are_not_read(submission):
    """What lies half the sequence behind is not read, not even to give it no weight.
    相隔半个序列的键根本不会被读取，连给零权重也不会。"""
    tokens, window = 2048, 8
    q, k, v = inputs(tokens, dtype=torch.float32)
    v[:, :, 0] = torch.nan
    got = submission.sliding_window_attention(q, k, v, window)
    expect_like(got, v, LENGTH.about(tokens=tokens, window=window))
    reached = got[0, 0, tokens // 2 :].isnan().any(dim=-1)
    expect(not reached.any(), FAR.about(out=tokens // 2 + int(reached.long().argmax())))


def check_the_values_are_right_for_every_size(submission):
    """Values are right for every length and window, short and long.
    长短不同的序列和窗口下，数值都正确。"""
    for tokens, window in SIZES:
        compare(submission, (2, 3, tokens, 4), window)
    for shape, window in ((3, 3, 3, 3), 2), ((1, 4, 9, 1), 3), ((1, 1, 300, 2), 150):
        compare(submission, shape, window)


def compare(submission, shape, window):
    batch, heads, tokens, width = shape
    q, k, v = inputs(tokens, width, batch, heads)
    looks = VALUES.about(shape=shape, window=window)
    got = submission.asking(on_error=looks).sliding_window_attention(q, k, v, window).value
    expect_close(got, reference(q, k, v, window), looks)
