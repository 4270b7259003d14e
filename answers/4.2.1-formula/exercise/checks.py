"""The checks of scaled dot-product attention, the specific before the general."""

from itertools import product

import torch

from attnquiz.judge.compare import (
    Looks,
    expect,
    expect_close,
    expect_equal,
    expect_gradients,
    expect_like,
    expect_untouched,
    gradients_of,
)

T, S, D, DV = 4, 5, 6, 3  # queries, keys, widths of keys and of values: a swapped axis cannot hide
FAMILIES = [(1, 1, 1, 1), (1, 4, 3, 2), (T, S, D, DV, 2), (3, 3, 3, 3, 3, 3), (7, 2, 5, 8, 2, 1, 3)]  # and leading

LEADING = Looks(
    "the leading dimensions are not computed one by one",
    "前面的维度没有各自独立计算",
    "Count from the end: with {dims} dimensions, which two does the transpose swap, and where does the softmax run?",
    "从后往前数：有 {dims} 个维度时，转置交换的是哪两维？softmax 沿哪一维？",
)
SHAPE = Looks(
    "the products do not fit together",
    "矩阵乘积对不上",
    "(T, D) times (D, S) gives the scores, (T, S) times (S, Dv) the result: what is multiplied by what?",
    "(T, D) 乘 (D, S) 得到分数，(T, S) 乘 (S, Dv) 得到结果：谁和谁相乘？",
)
RANDOM = Looks(
    "two calls with the same inputs differ: something is random",
    "同样的输入两次结果不同：有随机的成分",
    "Is there a dropout that nobody asked for?",
    "是不是用了没有要求的 dropout？",
)
STRIDES = Looks(
    "heads that come from a transpose, non-contiguous in memory, go wrong",
    "由转置得到的多头（内存不连续）会出错",
    "What does `view` demand, and what does `reshape` do?",
    "`view` 有什么要求？`reshape` 呢？",
)
PRODUCT = Looks(
    "with a scale of 1, the result is not softmax(q kᵀ) v",
    "scale=1 时，结果不是 softmax(q kᵀ) v",
    "Work it out by hand: three scores, their exp, their sum.",
    "手算一遍：三个分数，取 exp，再求和。",
)
RESHAPED = Looks(
    "the keys are reshaped instead of transposed: their numbers are mixed",
    "键用的是 reshape 而不是转置：数值被打乱了",
    "A reshape keeps the order of the elements, a transpose does not.",
    "reshape 不改变元素的顺序，转置会改变。",
)
NO_SOFTMAX = Looks(
    "the scores are divided by their sum: the exp of the softmax is missing",
    "分数直接除以它们的和：少了 softmax 的 exp",
)
CAUSAL = Looks(
    "later keys are masked although there is no mask",
    "没有给掩码，后面的键却被屏蔽了",
    "Attention is causal only where a mask says so.",
    "只有掩码要求时，注意力才是因果的。",
)
DTYPE = Looks(
    "the result is not in the dtype of q",
    "结果的 dtype 与 q 不同",
    "What was cast on the way has to be cast back.",
    "中途转换过的 dtype 要转换回来。",
)
NOT_AVERAGE = Looks(
    "the weights of a query do not add up to 1 over the keys",
    "每个查询在所有键上的权重之和不等于 1",
    "Over which dimension does the softmax run?",
    "softmax 沿哪个维度做？",
)
BAD_SCALE = Looks(
    "the scores are not scaled by 1/√D",
    "分数没有乘以 1/√D",
    "A dot product sums D terms: which size is D, and what brings the variance back to 1?",
    "点积是 D 项之和：D 是哪个尺寸？怎样让方差回到 1？",
)
NO_SCALE = Looks("the scores are not scaled at all", "分数完全没有缩放")
SCALE_D = Looks("the scores are divided by D instead of √D", "分数除以了 D，而不是 √D")
SCALE_UP = Looks("the scores are multiplied by √D instead of divided", "分数乘以了 √D，而不是除以")
SCALE_S = Looks("the scores are divided by √S, S the number of keys", "分数除以了 √S，也就是键的个数")
SCALE_DV = Looks("the scores are divided by √Dv, the width of the values", "分数除以了 √Dv，也就是值的宽度")
BAD_GIVEN_SCALE = Looks("a given scale of {scale} is not the one used", "给定的 scale={scale} 没有被采用")
SCALE_IGNORED = Looks(
    "a given scale of {scale} is ignored",
    "给定的 scale={scale} 没有起作用",
    "The 1/√D is only for a scale of None.",
    "只有 scale 为 None 时才用 1/√D。",
)
SCALE_MASK = Looks(
    "with a scale of {scale} the mask no longer hides a key",
    "scale={scale} 时掩码不再起作用",
    "Which comes first, the scale or the mask? What is {scale} times -inf?",
    "先缩放还是先加掩码？{scale} 乘 -inf 是多少？",
)
SCALE_TRUTH = Looks(
    "a given scale of 0.0 is taken for no scale",
    "给定的 scale=0.0 被当成了没有给",
    "0.0 is false: ask whether it is None.",
    "0.0 为假：应该判断它是不是 None。",
)
MUTATED = Looks(
    "an input is changed: {name}",
    "输入被改动了：{name}",
    "`x *= a` writes into the caller's tensor, `x = x * a` does not.",
    "`x *= a` 会写进调用者的张量，`x = x * a` 不会。",
)
BAD_MASK = Looks(
    "the mask does not let through exactly what is True",
    "掩码放行的不恰好是 True 的位置",
    "What weight must a masked key have, and what do the others add up to?",
    "被屏蔽的键权重应是多少？其余的权重之和又是多少？",
)
INVERTED = Looks("boolean mask read the other way round", "布尔掩码的含义弄反了")
ZERO_SCORES = Looks(
    "a masked score is made 0 (times the mask, or filled with 1e-9), which is a score like any other",
    "被屏蔽的分数变成了 0（乘以掩码，或填成 1e-9），而 0 只是一个普通的分数",
)
MASK_LATE = Looks(
    "the mask comes after the softmax: the weights that are left do not add up to 1",
    "掩码加在 softmax 之后：剩下的权重之和不是 1",
)
BROADCAST = Looks(
    "a mask of shape {shape} is not broadcast",
    "形状为 {shape} 的掩码没有正确广播",
    "Leave broadcasting to torch: the mask need not be reshaped.",
    "广播交给 torch 就行：不需要改变掩码的形状。",
)
FULL_ROW = Looks(
    "a query without an allowed key does not get zeros",
    "没有任何键可关注的查询，输出不是零",
    "What does the softmax make of a row that is masked throughout?",
    "整行都被屏蔽时，softmax 会得到什么？",
)
FULL_ROW_NAN = Looks("NaN for a query without an allowed key", "没有任何键可关注的查询得到了 NaN")
FULL_ROW_MEAN = Looks(
    "a query without an allowed key gets the mean of all values: its fill is finite",
    "没有任何键可关注的查询得到了所有值的平均：填充值是有限的",
)
GRADIENT = Looks(
    "the gradient is wrong",
    "梯度不对",
    "Does every step stay in the graph: no detach, no .data, no no_grad?",
    "每一步都留在计算图里了吗？有没有 detach、.data 或 no_grad？",
)
MASKED_GRADIENT = Looks(
    "a masked key gets a gradient in {name}, or one that is not finite",
    "被屏蔽的键在 {name} 中得到了梯度，或梯度不是有限值",
    "A weight that is exactly 0 passes nothing back; NaN times 0 is NaN.",
    "权重恰好为 0 时不会回传任何梯度；而 NaN 乘 0 仍是 NaN。",
)
OVERFLOW = Looks(
    "scores of 1e4 are not survived",
    "分数达到 1e4 时结果出错",
    "exp(89) already overflows float32: what may be subtracted from every score of a row?",
    "float32 下 exp(89) 就会溢出：每一行的分数可以同时减去什么？",
)
FAR_BELOW = Looks(
    "a key is masked, yet its score is all that counts when the allowed ones are far below it",
    "允许的分数远低于被屏蔽的键时，结果出错",
    "Scores may be below -1e4: which fill is below them all? And over which keys is the maximum taken?",
    "分数可以低于 -1e4：什么填充值比它们都小？最大值又是在哪些键上取的？",
)
FILL_HIGH = Looks(
    "the fill of a masked score is not below an allowed score of -2e4: the masked key gets the weight",
    "被屏蔽的分数的填充值不低于允许的分数 -2e4：权重落在了被屏蔽的键上",
)
MAX_MASKED = Looks(
    "the maximum that is subtracted is that of a masked key, or of its fill: the allowed ones vanish",
    "减去的最大值来自被屏蔽的键或它的填充值：允许的键全都下溢为零",
)
VALUES = Looks(
    "the values are wrong",
    "数值不对",
    "Work the smallest case out by hand.",
    "把最小的例子用手算一遍。",
)


def reference(q, k, v, mask=None, scale=None):
    """One query at a time."""
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    lead, queries, keys = q.shape[:-2], q.shape[-2], k.shape[-2]
    mask = torch.ones(queries, keys, dtype=torch.bool) if mask is None else mask
    mask = mask.expand(*lead, queries, keys)
    out = q.new_zeros(*lead, queries, v.shape[-1])
    for place in product(*map(range, (*lead, queries))):
        allowed = mask[place]
        if allowed.any():
            logits = k[place[:-1]][allowed] @ q[place] * scale
            out[place] = logits.softmax(0) @ v[place[:-1]][allowed]
    return out


def inputs(*lead, queries=T, keys=S, width=D, values=DV, dtype=torch.float64):
    shapes = (queries, width), (keys, width), (keys, values)
    return [torch.randn(*lead, *shape, dtype=torch.float64).to(dtype) for shape in shapes]


def some_mask(*shape):
    """Random, with a True and a False in every row."""
    mask = torch.rand(shape) < 0.5
    mask[..., 0], mask[..., -1] = True, False
    return mask[..., torch.randperm(shape[-1])]


def check_the_products_fit_together(submission):
    """The result has a row for each query, of the width of the values.
    结果中每个查询一行，宽度等于值的宽度。"""
    call = submission.asking(may_raise=True).scaled_dot_product_attention
    replies = [call(*inputs(*lead)) for lead in [(), (2, 7)]]  # one of them is enough: the next check has both
    if not any(reply.raised is None and reply.value.shape[-2:] == (T, DV) for reply in replies):
        got = submission.asking(on_error=SHAPE).scaled_dot_product_attention(*inputs()).value
        expect_like(got, torch.empty(T, DV, dtype=got.dtype), SHAPE)


def check_every_leading_dimension_is_computed_by_itself(submission):
    """Leading dimensions, from none to three, are computed one by one.
    前面 0 到 3 个维度各自独立计算。"""
    q, k, v = inputs(2, 1, 3)
    looks = LEADING.about(dims=5)
    batched = submission.asking(on_error=looks).scaled_dot_product_attention(q, k, v).value
    expect_like(batched, torch.empty(2, 1, 3, T, DV, dtype=batched.dtype), looks)
    expect_equal(submission.scaled_dot_product_attention(q, k, v), batched, RANDOM)
    for lead in [(), (3,), (1, 3)]:
        at = (0,) * (3 - len(lead))
        looks = LEADING.about(dims=len(lead) + 2)
        one = submission.asking(on_error=looks).scaled_dot_product_attention(q[at], k[at], v[at]).value
        expect_close(one, batched[at], looks, tol=1e-5)


def check_the_result_has_the_dtype_of_its_inputs(submission):
    """The result has the dtype of its inputs.
    结果的 dtype 与输入相同。"""
    for dtype in torch.float32, torch.float64, torch.bfloat16:
        q, k, v = inputs(dtype=dtype)
        expect_like(submission.scaled_dot_product_attention(q, k, v), v.new_empty(T, DV), DTYPE)


def check_the_weights_of_a_query_add_up_to_one(submission):
    """Values that are all 1 give 1: the weights of a query add up to 1 over the keys.
    值全为 1 时输出为 1：每个查询的权重之和为 1。"""
    q, k, _ = inputs(queries=2, keys=3, width=2)
    ones = torch.ones(3, 1, dtype=torch.float64)
    got = submission.scaled_dot_product_attention(q, k, ones)
    expect_close(got, torch.ones(2, 1, dtype=torch.float64), NOT_AVERAGE)


def check_the_scores_are_products_of_queries_and_keys(submission):
    """With a scale of 1 the result is softmax(q kᵀ) v.
    scale 为 1 时，结果是 softmax(q kᵀ) v。"""
    q, k, v = inputs(queries=2, keys=3, width=2, values=1)
    logits = q @ k.mT
    suspects = [
        (SCALE_IGNORED.about(scale=1.0), reference(q, k, v)),
        (CAUSAL, reference(q, k, v, torch.ones(2, 3, dtype=torch.bool).tril(), scale=1.0)),
        (CAUSAL, reference(q, k, v, torch.ones(2, 3, dtype=torch.bool).tril(1), scale=1.0)),
        (RESHAPED, (q @ k.reshape(2, 3)).softmax(-1) @ v),
        (NO_SOFTMAX, logits / logits.sum(-1, keepdim=True) @ v),
    ]
    got = submission.scaled_dot_product_attention(q, k, v, scale=1.0)
    expect_close(got, reference(q, k, v, scale=1.0), PRODUCT, suspects=suspects)


def check_the_scores_are_divided_by_root_d(submission):
    """Without a scale the scores are divided by √D.
    不给 scale 时，分数除以 √D。"""
    for width, values in (3, 2), (16, 5), (D, DV):
        q, k, v = inputs(queries=1, keys=4, width=width, values=values)
        wrong = (
            (NO_SCALE, 1.0),
            (SCALE_D, 1 / width),
            (SCALE_UP, width**0.5),
            (SCALE_DV, values**-0.5),
            (SCALE_S, 4**-0.5),
        )
        suspects = [(looks, reference(q, k, v, scale=scale)) for looks, scale in wrong]
        got = submission.scaled_dot_product_attention(q, k, v)
        expect_close(got, reference(q, k, v), BAD_SCALE, suspects=suspects)


def check_a_given_scale_is_used_even_if_it_is_zero(submission):
    """A given scale is used, 0.0 too.
    给定的 scale 会被采用，0.0 也一样。"""
    q, k, v = inputs(queries=1, keys=3, width=2, values=1)
    for scale in 1.0, 0.3, -0.7, 0.0:
        got = submission.scaled_dot_product_attention(q, k, v, scale=scale)
        suspects = [(SCALE_TRUTH if scale == 0.0 else SCALE_IGNORED.about(scale=scale), reference(q, k, v))]
        expect_close(got, reference(q, k, v, scale=scale), BAD_GIVEN_SCALE.about(scale=scale), suspects=suspects)


def check_true_in_the_mask_means_may_attend(submission):
    """A key takes part where the mask is True, and has no weight at all where it is False.
    掩码为 True 的键参与计算，为 False 的键权重为零。"""
    q, k, v = inputs(queries=2, keys=3, width=2, values=2)
    mask = torch.tensor([[True, True, False], [False, True, True]])
    logits = q @ k.mT / 2**0.5
    weights = {
        ZERO_SCORES: (logits * mask).softmax(-1),
        MASK_LATE: logits.softmax(-1) * mask,
    }
    suspects = [(INVERTED, reference(q, k, v, ~mask)), *((looks, attn @ v) for looks, attn in weights.items())]
    got = submission.scaled_dot_product_attention(q, k, v, mask=mask)
    expect_close(got, reference(q, k, v, mask), BAD_MASK, suspects=suspects)


def check_a_masked_key_stays_hidden_at_every_scale(submission):
    """A masked key stays hidden at a scale of 0.0, or below.
    scale 为 0.0 或负数时，被屏蔽的键仍然不可见。"""
    q, k, v = inputs(queries=1, keys=3, width=2, values=2)
    mask = torch.tensor([[True, False, True]])
    for scale in -0.7, 0.0:
        got = submission.scaled_dot_product_attention(q, k, v, mask=mask, scale=scale)
        expect_close(got, reference(q, k, v, mask, scale), SCALE_MASK.about(scale=scale))


def check_a_mask_is_broadcast(submission):
    """A mask of (B, 1, 1, S), (T, S), (1, S) or (B, 1, T, S) is broadcast.
    形状为 (B, 1, 1, S)、(T, S)、(1, S) 或 (B, 1, T, S) 的掩码会被广播。"""
    q, k, v = inputs(2)
    mask, looks = some_mask(2, T, S), BROADCAST.about(shape=(2, T, S))
    got = submission.asking(on_error=looks).scaled_dot_product_attention(q, k, v, mask=mask).value
    expect_close(got, reference(q, k, v, mask), looks)
    q, k, v = inputs(2, 3)
    for shape in (T, S), (1, S), (2, 1, 1, S), (2, 1, T, S), (1, 3, T, S):
        mask, looks = some_mask(*shape), BROADCAST.about(shape=shape)
        got = submission.asking(on_error=looks).scaled_dot_product_attention(q, k, v, mask=mask).value
        expect_close(got, reference(q, k, v, mask), looks)


def check_a_query_without_an_allowed_key_gets_zeros(submission):
    """A query that may attend to no key gets zeros; the others are as they should be.
    一个键都不能关注的查询得到零，其余查询不受影响。"""
    q, k, v = inputs(queries=2, keys=3, width=2, values=2)
    mask = torch.tensor([[False, False, False], [True, False, True]])
    want = reference(q, k, v, mask)
    mean, nan = want.clone(), want.clone()
    mean[0], nan[0] = v.mean(0), torch.nan
    got = submission.scaled_dot_product_attention(q, k, v, mask=mask)
    expect_close(got, want, FULL_ROW, suspects=[(FULL_ROW_NAN, nan), (FULL_ROW_MEAN, mean)])


def check_non_contiguous_heads_are_fine(submission):
    """Inputs may be non-contiguous, as heads from a transpose are.
    输入可以是不连续的，例如由转置得到的多头。"""
    q, k, v = (tensor.transpose(1, 2).contiguous().transpose(1, 2) for tensor in inputs(2, 3))
    got = submission.asking(on_error=STRIDES).scaled_dot_product_attention(q, k, v).value
    expect_close(got, reference(q, k, v), STRIDES)


def check_the_inputs_stay_as_they_were(submission):
    """q, k, v and the mask stay as they were.
    q、k、v 和掩码保持原样。"""
    q, k, v = inputs(2)
    mask = some_mask(T, S)
    mask[0] = False
    for options in {}, {"mask": mask}, {"mask": mask, "scale": 0.3}:
        expect_untouched(submission.asking().scaled_dot_product_attention(q, k, v, **options), MUTATED)


def check_gradients_reach_q_k_and_v(submission):
    """The gradients of q, k and v are those of the formula.
    q、k、v 的梯度与公式一致。"""
    for lead, mask in ((), None), ((2, 3), None), ((2, 3), some_mask(2, 1, T, S)):
        qkv = inputs(*lead)
        weights = torch.randn(*lead, T, DV, dtype=torch.float64)
        want = gradients_of(lambda *leaves, mask=mask: reference(*leaves, mask), qkv, weights)
        reply = submission.asking(grad_of=qkv, cotangent=weights).scaled_dot_product_attention(*qkv, mask=mask)
        expect_gradients(reply, want, "qkv", GRADIENT)


def check_a_masked_key_gets_no_gradient(submission):
    """A masked key gets a gradient of exactly 0, and a query without an allowed key finite ones.
    被屏蔽的键梯度恰好为 0；没有键可关注的查询梯度有限。"""
    qkv = inputs(2)
    mask = some_mask(2, T, S)
    mask[0, 1], mask[1, :, 2] = False, False  # one query without a key, one key without a query
    weights = torch.randn(2, T, DV, dtype=torch.float64)
    want = gradients_of(lambda *leaves: reference(*leaves, mask), qkv, weights)
    reply = submission.asking(grad_of=qkv, cotangent=weights).scaled_dot_product_attention(*qkv, mask=mask)
    expect_gradients(reply, want, "qkv", MASKED_GRADIENT.about(name="q, k, v"))
    for grad, name in zip(reply.grads[1:], "kv", strict=True):
        expect(bool((grad[1, 2] == 0).all()), MASKED_GRADIENT.about(name=name))


def check_scores_of_1e4_are_survived(submission):
    """Scores of 1e4 and -1e4 in float32 give finite and right results.
    float32 下分数为 ±1e4 时结果有限且正确。"""
    for size in 1e4, -1e4, 1e5:
        q, k, v = inputs(queries=2, keys=3, width=2, values=1, dtype=torch.float32)
        q = q.sign() * abs(size)
        k = q[:1].sign() * (1 if size > 0 else -1) + k * 1e-4
        want = reference(q.double(), k.double(), v.double()).float()
        expect_close(submission.scaled_dot_product_attention(q, k, v), want, OVERFLOW, tol=2e-2)


def check_a_masked_score_far_above_the_others_does_not_count(submission):
    """Allowed scores of -2e4 in float32 are still averaged when a masked one is far above them.
    float32 下，允许的分数为 -2e4、被屏蔽的远高于它们时，结果仍然正确。"""
    q = torch.tensor([[1e4, 1e4]])
    k = torch.tensor([[-1.4, -1.4], [1.4, 1.4], [-1.4, -1.4]])
    v = torch.tensor([[1.0], [9.0], [2.0]])
    mask = torch.tensor([[True, False, True]])
    suspects = [
        (FILL_HIGH, v[1:2]),
        (FILL_HIGH, v.mean(0, keepdim=True)),
        (MAX_MASKED, v[:1] * 0),
        (MAX_MASKED, v[:1] * torch.nan),
    ]
    got = submission.scaled_dot_product_attention(q, k, v, mask=mask)
    expect_close(got, torch.tensor([[1.5]]), FAR_BELOW, tol=2e-2, suspects=suspects)


def check_the_values_are_right_for_every_shape(submission):
    """Values are right for every family of shapes, with a mask and without.
    各种形状下数值都正确，有无掩码皆然。"""
    for queries, keys, width, values, *lead in FAMILIES:
        q, k, v = inputs(*lead, queries=queries, keys=keys, width=width, values=values)
        for mask in None, torch.rand(*lead, queries, keys) < 0.6:
            got = submission.scaled_dot_product_attention(q, k, v, mask)
            expect_close(got, reference(q, k, v, mask), VALUES)
