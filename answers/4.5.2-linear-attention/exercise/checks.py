"""The checks of causal linear attention with a state, the specific before the general."""

import torch
from torch import Tensor
from torch.nn.functional import elu, softplus

from attnquiz.judge.compare import (
    Looks,
    expect_close,
    expect_gradients,
    expect_like,
    expect_untouched,
    gradients_of,
    is_close,
)

RETURNS = {"linear_attention": (Tensor, (Tensor, Tensor))}
SIZES = [(1, 1, 1, 1, 1), (2, 3, 5, 4, 6), (1, 2, 40, 3, 2), (3, 3, 3, 3, 3), (2, 1, 67, 2, 4), (1, 1, 300, 3, 2)]
LONG = 8192  # a float32 tensor of LONG x LONG takes 256 MiB
BUDGET_MIB = 48  # one such tensor does not fit four times over; all LONG states at once take 1 MiB

SHAPES = Looks(
    "{name} has the wrong shape or dtype",
    "{name} 的形状或 dtype 不对",
    "out (B, H, T, Dv); the state is a pair: S (B, H, D, Dv), one row for each width of the keys, and z (B, H, D).",
    "out 是 (B, H, T, Dv)；状态是一对张量：S 为 (B, H, D, Dv)，每个键维度占一行；z 为 (B, H, D)。",
)
LONE = Looks(
    "a lone token does not get its own value",
    "只有一个 token 时，得到的不是它自己的值",
    "With one token numerator and denominator hold the same factor φ(q)·φ(k): what is left when they are divided?",
    "只有一个 token 时，分子和分母有同一个因子 φ(q)·φ(k)：相除之后剩下什么？",
)
EMPTY = Looks(
    "the first token does not see itself: its sums are empty, and 0/0 is NaN",
    "第一个 token 看不到自己：求和是空的，0/0 得到 NaN",
)
NO_NORMALISER = Looks("the result is not divided by φ(q)ᵀz", "结果没有除以 φ(q)ᵀz")
MIXED = Looks(
    "sample {sample}, head {head} is not computed by itself",
    "第 {sample} 个样本的第 {head} 个头不是独立计算的",
    "Every sum has to keep the first two dimensions apart.",
    "每个求和都要把前两维分开。",
)
LEAK = Looks(
    "future tokens leak: output {out} changes when token {token} does",
    "未来的 token 泄漏了：第 {token} 个 token 一变，第 {out} 个输出就变",
    "Which keys are in the sum when query {out} reads it?",
    "第 {out} 个查询读取时，和里面已经有哪些键？",
)
FEATURES = Looks(
    "the weights are not those of φ(x) = elu(x) + 1",
    "权重与 φ(x) = elu(x) + 1 不符",
    "Take two tokens: the weight of the first is φ(q)·φ(k_0) / (φ(q)·φ(k_0) + φ(q)·φ(k_1)).",
    "取两个 token：第一个的权重是 φ(q)·φ(k_0) / (φ(q)·φ(k_0) + φ(q)·φ(k_1))。",
)
KEYS_ONLY = Looks("φ is applied to k only", "φ 只用在了 k 上")
QUERIES_ONLY = Looks("φ is applied to q only", "φ 只用在了 q 上")
IDENTITY = Looks(
    "there is no φ: q·k itself is the weight, and may be negative", "没有用 φ：直接拿 q·k 当权重，它可能是负的"
)
RELU = Looks("φ is relu, which can be 0 throughout", "φ 用成了 relu，它可能全为 0")
ELU = Looks("φ is elu without the + 1, which can be negative", "φ 用成了 elu 而没有加 1，它可能是负的")
EXP = Looks("φ is exp: for positive x that is not elu(x) + 1", "φ 用成了 exp：x 为正时它不等于 elu(x) + 1")
SOFTPLUS = Looks("φ is softplus", "φ 用成了 softplus")
SOFTMAX = Looks("φ is a softmax over the width", "φ 用成了沿宽度的 softmax")
SCALED = Looks("q is divided by √D: linear attention has no such scale", "q 除以了 √D：线性注意力没有这个缩放")
SOFTMAX_ATTENTION = Looks("this is softmax attention", "这是 softmax 注意力")
BY_POSITION = Looks(
    "the sum is divided by the number of tokens so far, not by φ(q)ᵀz",
    "除的是到目前为止的 token 数，而不是 φ(q)ᵀz",
)
EPS = Looks(
    "a constant value is not reproduced where the weights are small: something is added to the denominator",
    "权重很小时，常数值没有原样输出：分母里加了别的东西",
    "φ is positive, so is the denominator: an eps of 1e-6 protects nothing, and outweighs keys of -15.",
    "φ 恒为正，分母也恒为正：1e-6 的 eps 什么也没有防住，却压过了取值为 -15 的键。",
)
STATE = Looks(
    "the returned {name} is not the sum over all tokens",
    "返回的 {name} 不是对所有 token 的求和",
    "What does the token need that comes after the last one?",
    "最后一个 token 的下一个 token 需要什么？",
)
NEARLY = Looks(
    "the returned {name} is close to the sum over all tokens, but is not that",
    "返回的 {name} 与对所有 token 的求和接近，但不相等",
    "Is anything added to φ(k), or is the sum computed in a dtype narrower than that of the inputs?",
    "是给 φ(k) 加了什么，还是求和用的 dtype 比输入的精度低？",
)
ZERO_STATE = Looks("the returned {name} is zero", "返回的 {name} 是零")
WITHOUT_LAST = Looks("the returned {name} lacks the last token", "返回的 {name} 缺少最后一个 token")
CONTINUE = Looks(
    "with the state of earlier tokens {name} is not what one long call gives",
    "给了前面 token 的状态后，{name} 与一次算完整段的结果不同",
    "A query of this call sees every token of the calls before: in both sums.",
    "这次调用的查询能看到之前调用的所有 token：两个求和都要包括。",
)
FORGOTTEN = Looks("the state that is given is not used", "没有用到传入的状态")
NOT_RETURNED = Looks(
    "the returned {name} holds the tokens of this call alone, without the state that is given",
    "返回的 {name} 只含这次调用的 token，没有算上传入的状态",
)
Z_FORGOTTEN = Looks(
    "S is carried on, z is not: the denominator starts from zero again", "S 接着累加了，z 没有：分母又从零开始"
)
S_FORGOTTEN = Looks(
    "z is carried on, S is not: the numerator starts from zero again", "z 接着累加了，S 没有：分子又从零开始"
)
MUTATED = Looks(
    "an input is changed: {name}",
    "输入被改动了：{name}",
    "The caller may go on from the same state twice: `S += x` writes into it, `S = S + x` does not.",
    "调用者可能从同一个状态出发两次：`S += x` 会写进去，`S = S + x` 不会。",
)
GRADIENT = Looks(
    "the gradient is wrong",
    "梯度不对",
    "Later outputs depend on earlier keys through the state: no detach, no .data, no no_grad on the way.",
    "后面的输出通过状态依赖前面的键：途中不能有 detach、.data 或 no_grad。",
)
THROUGH_STATE = Looks(
    "the gradient that comes through the state is wrong",
    "通过状态传回的梯度不对",
    "In one long call later outputs teach earlier keys. So do calls in a row, without a detach on the way in or out.",
    "一次算完时，后面的输出能把梯度传给前面的键；分几次调用也应如此，所以状态进来、出去都不能 detach。",
)
VALUES = Looks(
    "wrong for B, H, T, D, Dv = {sizes}",
    "B, H, T, D, Dv = {sizes} 时结果不对",
    "If you work in chunks: is the last one whole, and does each begin with the sums of all before?",
    "如果分块计算：最后一块是整块吗？每一块开始时，是否带着之前所有块的和？",
)
CHUNKS = Looks(
    "token {token}, in calls of {calls} tokens, is not what one long call gives",
    "按 {calls} 个 token 分次调用时，第 {token} 个 token 与一次算完的结果不同",
    "Does the state that is returned hold the tokens of the state that was given?",
    "返回的状态里，包含传入状态中的那些 token 吗？",
)
QUADRATIC = Looks(
    "its memory grows with T²: {tokens} tokens do not fit into {budget} MiB",
    "内存随 T² 增长：{tokens} 个 token 在 {budget} MiB 内存里装不下",
    "Which product comes first: φ(q) with φ(k), or φ(k) with v?",
    "先算哪个乘积：φ(q) 与 φ(k)，还是 φ(k) 与 v？",
)


def phi(x):
    return torch.where(x > 0, x + 1, x.exp())


def reference(q, k, v, state=None, of_q=phi, of_k=phi):
    """One token at a time: out, S, z."""
    S, z = state or (q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1]), q.new_zeros(*q.shape[:2], q.shape[-1]))
    q, k = of_q(q), of_k(k)
    rows = []
    for t in range(q.shape[2]):
        S = S + k[:, :, t, :, None] * v[:, :, t, None, :]
        z = z + k[:, :, t]
        rows.append((q[:, :, t, :, None] * S).sum(-2) / (q[:, :, t] * z).sum(-1, keepdim=True))
    return torch.stack(rows, dim=2), S, z


def inputs(tokens, width=2, values=3, batch=1, heads=1, dtype=torch.float64):
    return [torch.randn(batch, heads, tokens, size, dtype=dtype) for size in (width, width, values)]


def check_out_and_state_have_their_shapes_and_dtypes(submission):
    """out is (B, H, T, Dv) and the state (S, z) of (B, H, D, Dv) and (B, H, D), in the dtype of the inputs.
    out 为 (B, H, T, Dv)，状态 (S, z) 为 (B, H, D, Dv) 和 (B, H, D)，dtype 与输入相同。"""
    for dtype, tokens in (torch.float64, 5), (torch.float32, 5), (torch.bfloat16, 5), (torch.float64, 70):
        qkv = inputs(tokens, 4, 6, 2, 3, dtype)
        got, (S, z) = submission.linear_attention(*qkv)
        for part, want, name in zip((got, S, z), reference(*qkv), ("out", "S", "z"), strict=True):
            expect_like(part, want, SHAPES.about(name=name), name=name)


def check_a_lone_token_gets_its_own_value(submission):
    """A sequence of one token gives its value: the token sees itself, and is divided by its own weight.
    只有一个 token 时输出就是它的值：它能看到自己，并除以自己的权重。"""
    for width, values in (1, 1), (2, 3):
        q, k, v = inputs(1, width, values)
        q, k = q.abs() + 0.3, k.abs() + 0.3
        raw = (phi(q) * phi(k)).sum(-1, keepdim=True) * v
        suspects = [(EMPTY, torch.full_like(v, torch.nan)), (EMPTY, torch.zeros_like(v)), (NO_NORMALISER, raw)]
        got, _ = submission.linear_attention(q, k, v)
        expect_close(got, v, LONE, tol=1e-4, suspects=suspects)


def check_every_batch_and_head_is_computed_by_itself(submission):
    """Samples and heads are computed one by one.
    各个样本、各个头独立计算。"""
    qkv = [x.abs() for x in inputs(3, batch=2, heads=3)]
    places = (0, 0), (0, 1), (1, 2)
    slices = [(slice(sample, sample + 1), slice(head, head + 1)) for sample, head in places]
    alone = [submission.linear_attention(*(x[at] for x in qkv))[0] for at in slices]
    together, _ = submission.linear_attention(*qkv)
    expect_like(together, qkv[2], SHAPES.about(name="out"))
    for (sample, head), at, want in zip(places, slices, alone, strict=True):
        expect_close(together[at], want, MIXED.about(sample=sample, head=head), name=f"out[{sample}, {head}]")


def check_no_token_sees_the_future(submission):
    """An output does not change when a later token does.
    后面的 token 改变时，前面的输出不变。"""
    for tokens in 2, 5:
        q, k, v = (x.abs() for x in inputs(tokens))
        before, _ = submission.linear_attention(q, k, v)
        for token in sorted({1, tokens - 1}):
            later_k, later_v = k.clone(), v.clone()
            later_k[:, :, token] += torch.rand(2, dtype=k.dtype) + 0.5
            later_v[:, :, token] += torch.rand(3, dtype=k.dtype) + 0.5
            after, _ = submission.linear_attention(q, later_k, later_v)
            for out in range(token):
                looks = LEAK.about(out=out, token=token)
                expect_close(after[0, 0, out], before[0, 0, out], looks, name=f"output {out}")


def check_the_weights_are_those_of_elu_plus_one(submission):
    """Weights are φ(q)·φ(k) with φ(x) = elu(x) + 1, divided by their sum.
    权重是 φ(q)·φ(k) 除以它们的和，φ(x) = elu(x) + 1。"""
    for width, values in (2, 1), (3, 2):
        q, k, v = inputs(2, width, values)
        maps = [
            (IDENTITY, lambda x: x, lambda x: x),
            (KEYS_ONLY, lambda x: x, phi),
            (QUERIES_ONLY, phi, lambda x: x),
            (RELU, torch.relu, torch.relu),
            (ELU, elu, elu),
            (EXP, torch.exp, torch.exp),
            (SOFTPLUS, softplus, softplus),
            (SOFTMAX, lambda x: x.softmax(-1), lambda x: x.softmax(-1)),
            (SCALED, lambda x, width=width: phi(x * width**-0.5), phi),
        ]
        suspects = [(looks, reference(q, k, v, of_q=of_q, of_k=of_k)[0]) for looks, of_q, of_k in maps]
        logits = (phi(q) @ phi(k).mT).tril()
        suspects.append((BY_POSITION, logits @ v / torch.arange(1, 3)[:, None]))
        suspects.append((NO_NORMALISER, logits @ v))
        logits = (q @ k.mT * width**-0.5).masked_fill(torch.ones(2, 2).triu(1) > 0, -torch.inf)
        suspects.append((SOFTMAX_ATTENTION, logits.softmax(-1) @ v))
        got, _ = submission.linear_attention(q, k, v)
        expect_close(got, reference(q, k, v)[0], FEATURES, tol=1e-4, suspects=suspects)


def check_nothing_is_added_to_the_denominator(submission):
    """A constant value is reproduced exactly, however small the weights: there is no eps.
    权重再小，常数值也会原样输出：分母里没有 eps。"""
    for tokens in 2, 30:
        q, k, v = inputs(tokens, values=1)
        ones = torch.ones_like(v)
        got, _ = submission.linear_attention(q * 0.1 - 15, k * 0.1 - 15, ones)
        expect_close(got, ones, EPS)


def check_the_state_holds_the_sums_over_all_tokens(submission):
    """The returned state is the sum of φ(k) vᵀ and of φ(k) over all tokens, the last included.
    返回的状态是 φ(k) vᵀ 与 φ(k) 对所有 token 的求和，包括最后一个。"""
    for tokens in 2, 5:
        q, k, v = inputs(tokens, values=1)
        _, state = submission.linear_attention(q, k, v)
        wants, short = reference(q, k, v)[1:], reference(q[:, :, :-1], k[:, :, :-1], v[:, :, :-1])[1:]
        for part, want, without_last, name in zip(state, wants, short, "Sz", strict=True):
            suspects = [(ZERO_STATE, torch.zeros_like(want)), (WITHOUT_LAST, without_last)]
            suspects = [(looks.about(name=name), wrong) for looks, wrong in suspects]
            looks = NEARLY if is_close(part, want, 1e-4) else STATE
            expect_close(part, want, looks.about(name=name), suspects=suspects, name=name)


def check_the_sums_go_on_from_the_state_that_is_given(submission):
    """With a state the sums go on from it, as if the earlier tokens had been part of the call.
    给了状态就从它继续累加，如同前面的 token 也在这次调用里。"""
    for tokens, first in (2, 1), (5, 2):
        qkv = inputs(tokens, values=1)
        head, tail = zip(*(x.split([first, tokens - first], dim=2) for x in qkv), strict=True)
        S, z = reference(*head)[1:]
        none = torch.zeros_like(S), torch.zeros_like(z)
        wants = reference(*tail, (S, z))
        mistakes = (FORGOTTEN, none), (Z_FORGOTTEN, (S, none[1])), (S_FORGOTTEN, (none[0], z))
        got = submission.linear_attention(*tail, (S, z))
        for place, name in enumerate(("out", "S", "z")):
            part = got[0] if place == 0 else got[1][place - 1]
            suspects = [(looks, reference(*tail, state)[place]) for looks, state in mistakes]
            if place > 0:
                suspects.insert(0, (NOT_RETURNED.about(name=name), reference(*tail)[place]))
            expect_close(part, wants[place], CONTINUE.about(name=name), suspects=suspects, name=name)


def check_the_inputs_and_the_given_state_stay_as_they_were(submission):
    """q, k, v and the given state stay as they were.
    q、k、v 和传入的状态保持原样。"""
    for tokens in 1, 4:
        *qkv, S = *inputs(tokens), torch.rand(1, 1, 2, 3, dtype=torch.float64)
        expect_untouched(submission.asking().linear_attention(*qkv), MUTATED)
        state = S, torch.rand(1, 1, 2, dtype=torch.float64) + 0.5
        expect_untouched(submission.asking().linear_attention(*qkv, state), MUTATED)


def check_the_values_are_right_for_every_size(submission):
    """Out and state are right for every size, short and long.
    各种尺寸下输出和状态都正确，长短皆然。"""
    for sizes in SIZES:
        batch, heads, tokens, width, values = sizes
        qkv = [x * 3 for x in inputs(tokens, width, values, batch, heads)]
        looks = VALUES.about(sizes=sizes)
        got, (S, z) = submission.asking(on_error=looks).linear_attention(*qkv).value
        for part, want, name in zip((got, S, z), reference(*qkv), ("out", "S", "z"), strict=True):
            expect_close(part, want, looks, name=name)


def check_calls_in_a_row_give_what_one_long_call_gives(submission):
    """Token by token, or in calls of 17, 1 and 22 tokens, each with the state of the one before: the same result.
    逐个 token 调用，或按 17、1、22 个 token 分次调用并传递状态，结果都相同。"""
    for calls in [1] * 6, [17, 1, 22]:
        qkv = inputs(sum(calls), 3, 2, 2)
        want, *final = reference(*qkv)
        state, start = None, 0
        for count in calls:
            now = slice(start, start + count)
            got, state = submission.linear_attention(*(x[:, :, now].contiguous() for x in qkv), state)
            expect_close(got, want[:, :, now], CHUNKS.about(token=start, calls=calls))
            start += count
        for part, sums, name in zip(state, final, "Sz", strict=True):
            expect_close(part, sums, CHUNKS.about(token=start - 1, calls=calls), name=name)


def check_gradients_reach_q_k_and_v(submission):
    """The gradients of q, k and v are those of the formula, with a state and without.
    q、k、v 的梯度与公式一致，有无状态皆然。"""
    for tokens, given in (3, False), (4, True), (70, False):
        qkv = inputs(tokens)
        state = reference(*inputs(3))[1:] if given else None
        weights = torch.randn_like(qkv[2])
        want = gradients_of(lambda *leaves, state=state: reference(*leaves, state)[0], qkv, weights)
        reply = submission.asking(grad_of=qkv, cotangent=weights).linear_attention(*qkv, state)
        expect_gradients(reply, want, "qkv", GRADIENT)


def check_gradients_pass_through_the_states(submission):
    """Gradients flow back to the given state, and from the returned one to k and v: as in one long call.
    梯度传回传入的状态，也从返回的状态传回 k 和 v：与一次算完时相同。"""
    for tokens in 1, 3:
        qkv, weights = inputs(tokens), torch.randn(1, 1, tokens, 3, dtype=torch.float64)
        state = reference(*inputs(3))[1:]
        want = gradients_of(lambda *state, qkv=qkv: reference(*qkv, state)[0], state, weights)
        reply = submission.asking(grad_of=state, cotangent=[weights, *map(torch.zeros_like, state)])
        reply = reply.linear_attention(*qkv, state)
        expect_gradients(reply, want, ["the given S", "the given z"], THROUGH_STATE)
        q, k, v = qkv
        weights = [torch.zeros_like(weights), *map(torch.randn_like, state)]
        want = gradients_of(lambda k, v, q=q: reference(q, k, v), [k, v], weights)
        reply = submission.asking(grad_of=[k, v], cotangent=weights).linear_attention(q, k, v)
        expect_gradients(reply, want, ["k from the returned state", "v from the returned state"], THROUGH_STATE)


def check_memory_grows_with_the_length_not_with_its_square(submission):
    """8192 tokens of width 8 need no more than 96 MiB beside the inputs.
    8192 个宽度为 8 的 token，除输入外只需不超过 96 MiB 内存。"""
    qkv = inputs(LONG, 8, 4, dtype=torch.float32)
    beyond = QUADRATIC.about(tokens=LONG, budget=BUDGET_MIB)
    got, (S, z) = submission.asking(memory_mib=BUDGET_MIB, beyond=beyond).linear_attention(*qkv).value
    q, k, v = (x.double() for x in qkv)
    sums = phi(k).mT @ v, phi(k).sum(-2)  # after the last token
    last = (phi(q[:, :, -1, None]) @ sums[0])[:, :, 0] / (phi(q[:, :, -1]) * sums[1]).sum(-1, keepdim=True)
    looks = VALUES.about(sizes=(1, 1, LONG, 8, 4))
    expect_like(got, qkv[2], looks)
    for part, want, name in (got[:, :, -1], last, "last out"), (S, sums[0], "S"), (z, sums[1], "z"):
        expect_close(part, want.float(), looks, name=name, tol=2e-3)
