"""The checks of flash attention: one block first, then two, masks, extremes, gradients, every size, and memory."""

from dataclasses import replace
from math import inf, log, nan

import torch
from torch import Tensor

from attnquiz.judge.compare import (
    Looks,
    expect,
    expect_close,
    expect_gradients,
    expect_like,
    expect_untouched,
    gradients_of,
)

RETURNS = {"flash_attention": (Tensor, Tensor)}

OUT_SHAPE = Looks(
    "out is not like q and v",
    "out 与 q、v 不一致",
    "A tuple (out, lse): out is (T, Dv), lse is (T,), both in the dtype of q.",
    "返回元组 (out, lse)：out 为 (T, Dv)，lse 为 (T,)，dtype 都与 q 相同。",
)
NOT_AVERAGE = Looks(
    "values that are all 1 do not give 1: the weights of a query do not add up to 1",
    "值全为 1 时输出不是 1：每个查询的权重之和不等于 1",
    "What is the output divided by, and when?",
    "输出要除以什么？什么时候除？",
)
NOT_NORMALISED = Looks(
    "the output is not divided by the sum of the exponentials", "输出没有除以指数之和，缺少最后的归一化"
)
FIRST_NAN = Looks(
    "NaN already with a single block",
    "只有一个块时就出现了 NaN",
    "Before it the maximum is -inf: what becomes of the factor for what was summed so far?",
    "在它之前最大值是 -inf：已累加部分要乘的因子这时等于多少？",
)
BAD_SCALE = Looks(
    "the scores are not scaled by 1/√D",
    "分数没有乘以 1/√D",
    "With a single block this is plain attention: softmax(q kᵀ/√D) v.",
    "只有一个块时，它就是普通的注意力：softmax(q kᵀ/√D) v。",
)
NO_SCALE = Looks("the scores are not scaled at all", "分数完全没有缩放")
SCALE_D = Looks("the scores are divided by D instead of √D", "分数除以了 D，而不是 √D")
SCALE_DV = Looks("the scores are divided by √Dv, the width of the values", "分数除以了 √Dv，也就是值的宽度")
EXP_TWO = Looks(
    "the exponentials are to base 2, of scores that were not multiplied by log2(e)",
    "指数用了以 2 为底的，而分数没有先乘 log2(e)",
)
BAD_LSE = Looks(
    "lse is not the logarithm of the summed exponentials of the scaled scores",
    "lse 不是缩放后分数的指数之和的对数",
    "The sum was taken relative to a maximum: what has to be added to its logarithm?",
    "求和时减去了最大值：取对数之后还要加回什么？",
)
LSE_SHAPE = Looks(
    "lse is not one number for each query",
    "lse 不是每个查询一个数",
    "keepdim=True leaves a dimension of size 1: it has to go before the return.",
    "keepdim=True 会留下一个大小为 1 的维度：返回之前要去掉。",
)
LOG_OF_SUM = Looks(
    "lse lacks the maximum: it is the logarithm of the sum relative to it",
    "lse 少了最大值：这只是减去最大值之后那个和的对数",
)
JUST_MAXIMUM = Looks("lse is the maximum alone: the logarithm of the sum is missing", "lse 只有最大值，少了和的对数")
BASE_TWO = Looks("lse mixes in a logarithm to base 2", "lse 里用了以 2 为底的对数")
TWICE = Looks(
    "every key is counted twice: lse is too large by log 2",
    "每个键都算了两次：lse 大了 log 2",
    "The block is as long as the keys here. What does the code for what is left over do then?",
    "这里一块正好装下所有的键。处理剩余部分的代码这时做了什么？",
)
UNSCALED_LSE = Looks("lse is that of the scores before they are scaled", "lse 用的是缩放之前的分数")
KEYS_MISSED = Looks(
    "all scores are 0, but the result is not the mean of all values",
    "分数全是 0，结果却不是所有值的平均",
    "Every key has the same weight here. Is one missing, does one come twice, or does a whole block count too much?",
    "这里每个键权重相同。是缺了键、有的键算了两次，还是某一整块的分量不对？",
)
QUERIES_COUNTED = Looks(
    "only as many keys take part as there are queries: S is the length of k",
    "参与的键只有查询那么多个：S 应取 k 的长度",
)
FIRST_VALUES = Looks("every block is given the values of the first one", "每个块用的都是第一个块的值")
PAIRWISE = Looks(
    "merging counts all blocks so far as one: what counts is their sum of exponentials",
    "合并时把之前所有的块当成一块：分量应取决于它们的指数之和",
)
ADDED_UP = Looks(
    "the outputs of the blocks, each divided by its own sum, are added up", "把各块各自归一化的输出直接相加了"
)
MERGED_UNDIVIDED = Looks(
    "the outputs are merged without dividing by the sum of the weights", "合并输出时没有除以权重之和"
)
DIVIDED_EACH_TIME = Looks(
    "the output is divided in every block: what was divided before is divided again",
    "每个块都做一次除法：之前除过的又除了一次",
)
ONLY_LAST = Looks("only the last block is left in the output", "输出里只剩下最后一个块")
DROPPED = Looks("the last block is shorter than the others, and dropped", "最后一个块比其他块短，被丢掉了")
FILLED_UP = Looks(
    "the last block is filled up with zeros, and they take part: a score of 0 is a score like any other",
    "最后一个块用零补齐，而补上的键也参与了计算：分数 0 只是一个普通的分数",
)
MEAN_OF_BLOCKS = Looks(
    "the outputs of the blocks are averaged: a block counts by the sum of its exponentials",
    "把各块的输出直接平均了：每个块的分量取决于它的指数之和",
)
RISING = Looks(
    "with a higher maximum in a later block, the blocks are not put together rightly",
    "后面的块出现更大的最大值时，各块没有正确合并",
    "What was summed so far is relative to the old maximum: what factor brings it to the new one?",
    "之前累加的量都是相对于旧的最大值的：要乘上什么因子才能换算到新的最大值？",
)
OUT_KEPT = Looks("the output summed so far is not rescaled", "已经累加的输出没有换算到新的最大值")
TOTAL_KEPT = Looks("the sum of exponentials so far is not rescaled", "已经累加的指数之和没有换算到新的最大值")
BOTH_KEPT = Looks(
    "what was summed so far and the new block are not brought to the same maximum",
    "已经累加的部分与新的块没有换算到同一个最大值",
)
FALLING = Looks(
    "with a much lower maximum in a later block, the blocks are not put together rightly",
    "后面的块最大值小得多时，各块没有正确合并",
    "exp(old maximum - new maximum): can it overflow?",
    "exp(旧最大值 - 新最大值) 会不会溢出？",
)
BLOCK_MAXIMUM = Looks(
    "the maximum falls from one block to the next: it is that of the block, not of all so far",
    "最大值会逐块下降：用的是本块的最大值，而不是到目前为止的最大值",
)
MASKED_MAXIMUM = Looks(
    "a key that is masked decides the maximum: the keys that are left all get exp(-1e4), which is 0",
    "被屏蔽的键决定了最大值：剩下的键都只得到 exp(-1e4)，也就是 0",
    "Which scores may the maximum be taken over?",
    "最大值应该在哪些分数上取？",
)
OVERFLOW = Looks(
    "scores of {size} are not survived",
    "分数达到 {size} 时结果出错",
    "exp(89) already overflows float32, and exp(-104) is 0: what is to be subtracted first?",
    "float32 下 exp(89) 就会溢出，exp(-104) 就是 0：应该先减去什么？",
)
STARTS_AT_ZERO = Looks(
    "scores of -1e4 are lost: the maximum stays above them, as if it started at 0",
    "分数为 -1e4 时结果丢失了：最大值一直高于它们，像是从 0 开始取的",
    "Which number is below every score?",
    "哪个数比任何分数都小？",
)
ONE_MAXIMUM = Looks(
    "one maximum for all queries: one with low scores is left with nothing",
    "所有查询共用一个最大值：分数低的查询什么也没剩下",
    "Each row has a maximum of its own.",
    "每一行都有自己的最大值。",
)
LEAK = Looks(
    "future tokens leak: output {out} changes when token {token} does",
    "未来的 token 泄漏了：第 {token} 个 token 一变，第 {out} 个输出就变",
    "A key's index is its place among all keys, not within its block.",
    "键的下标是它在所有键中的位置，不是块内的位置。",
)
CAUSAL = Looks(
    "with causal a query does not use exactly the keys 0 to its own",
    "causal 时，每个查询用到的不恰好是第 0 个到与它同位置的键",
    "Query i and key j: which comparison of i and j lets through?",
    "查询 i 与键 j：i、j 满足什么关系时放行？",
)
STRICT = Looks(
    "with causal a query does not use the key of its own place", "causal 时，查询没有用到与它同位置的键：对角线被屏蔽了"
)
KEY_KEEP = Looks(
    "key_keep does not let through exactly the keys where it is True",
    "key_keep 放行的不恰好是 True 的键",
    "A masked key is in neither of the two sums, and each block has its own piece of the mask.",
    "被屏蔽的键不进入两个累加量中的任何一个；每个块对应掩码中自己的那一段。",
)
IGNORED = Looks("key_keep is ignored", "key_keep 没有起作用")
INVERTED = Looks("boolean mask read the other way round", "布尔掩码的含义弄反了")
FIRST_PIECE = Looks("each block gets the first piece of key_keep", "每个块用的都是 key_keep 开头的那一段")
ZERO_SCORES = Looks(
    "a masked score is made 0, which is a score like any other", "被屏蔽的分数变成了 0，而 0 只是一个普通的分数"
)
STILL_SUMMED = Looks(
    "masked keys are kept out of the output, but not out of the sum it is divided by",
    "被屏蔽的键没有进入输出，却还在作为除数的和里",
)
TWO_MASKS = Looks(
    "causal and key_keep are not both applied",
    "causal 和 key_keep 没有同时生效",
    "A key has to pass both masks.",
    "一个键必须同时通过两个掩码。",
)
KEEP_ALONE = Looks("with key_keep, causal is forgotten", "给了 key_keep 之后，causal 就不起作用了")
CAUSAL_ALONE = Looks("with causal, key_keep is forgotten", "causal 时，key_keep 就不起作用了")
EMPTY_BLOCK = Looks(
    "a block without a usable key is not passed over without a trace",
    "没有可用键的块影响了结果",
    "Such a block adds nothing, and those after it still count.",
    "这样的块不贡献任何东西，它后面的块照常计算。",
)
EMPTY_BLOCK_NAN = Looks(
    "NaN from a block without a usable key",
    "没有可用键的块产生了 NaN",
    "The maximum is still -inf there: what is -inf - (-inf)?",
    "此时最大值还是 -inf：-inf - (-inf) 等于多少？",
)
STOPPED = Looks("nothing after a block without a usable key takes part", "没有可用键的块之后，其余的块都没有参与")
NOTHING_LEFT = Looks(
    "nothing is left when the first block has no usable key: the loop ends there, or NaN is made 0 afterwards",
    "第一个块没有可用键时什么也没剩下：循环到此就停了，或者 NaN 事后被换成了 0",
)
NO_KEY = Looks(
    "a query without a usable key does not get out 0 and lse -inf",
    "没有可用键的查询，得到的不是 out 为 0、lse 为 -inf",
    "Its maximum stays -inf and its sum of exponentials 0: -inf - (-inf), 0/0, log 0, what do they give?",
    "它的最大值一直是 -inf，指数之和为 0：-inf - (-inf)、0/0、log 0 各等于多少？",
)
NO_KEY_NAN = Looks("NaN for a query without a usable key", "没有可用键的查询得到了 NaN")
NO_KEY_MEAN = Looks(
    "a query without a usable key gets the mean of the values: the fill of masked scores is finite",
    "没有可用键的查询得到了值的平均：被屏蔽的分数填的是有限值",
    "A fill of -1e9 is a score like any other as soon as there is nothing above it.",
    "如果没有更大的分数，-1e9 就只是一个普通的分数。",
)
MUTATED = Looks(
    "an input is changed: {name}",
    "输入被改动了：{name}",
    "`x *= a` writes into the caller's tensor, and into that of a slice of it too.",
    "`x *= a` 会写进调用者的张量；对切片做也一样。",
)
GRADIENT = Looks(
    "the gradient is wrong",
    "梯度不对",
    "Does every step but the maximum stay in the graph: no detach, no .data, no no_grad?",
    "除了最大值，每一步都留在计算图里了吗？有没有 detach、.data 或 no_grad？",
)
NO_BACKWARD = Looks(
    "the backward pass fails, or the forward pass of inputs that need a gradient",
    "反向传播失败，或输入需要梯度时前向就失败",
    "exp keeps its result for the backward pass: `attn *= mask` overwrites it, `attn = attn * mask` does not.",
    "exp 会留着结果供反向使用：`attn *= mask` 会把它覆盖掉，`attn = attn * mask` 不会。",
)
EMPTY_GRADIENT = Looks(
    "the gradient is wrong, or not finite, where a query meets no usable key",
    "查询遇不到可用键时，梯度不对或不是有限值",
    "Replacing a NaN leaves it in the backward pass: 0 times NaN is NaN. Do not let it come up.",
    "事后替换 NaN，反向时它还在：0 乘 NaN 仍是 NaN。要让它根本不出现。",
)
GENERAL = Looks(
    "the values are wrong for T, S, D, Dv = {sizes} and block = {block}",
    "T, S, D, Dv = {sizes}、block = {block} 时数值不对",
    "Where do the first and the last block begin and end?",
    "第一个块和最后一个块分别从哪里开始、到哪里结束？",
)
QUADRATIC = Looks(
    "a tensor with more than 2·T·block elements is made",
    "产生了元素多于 2·T·block 个的张量",
    "Scores, weights and masks: of how many keys at once are they needed?",
    "分数、权重和掩码：同一时刻需要多少个键的？",
)
ALL_HELD = Looks(
    "the memory that is taken grows with T·S",
    "占用的内存随 T·S 增长",
    "What of a block has to be left when the next one begins?",
    "下一块开始时，上一块的哪些东西必须留着？",
)
LONG = Looks(
    "the values are wrong with 128 blocks",
    "有 128 个块时数值不对",
    "What differs between the second block and the last?",
    "第二块与最后一块有什么不同？",
)


def draw(*shape):
    return torch.randn(shape, dtype=torch.float64)


def inputs(T, S, D, Dv):
    return draw(T, D), draw(S, D), draw(S, Dv)


def column(*values):
    return torch.tensor(values, dtype=torch.float64)[:, None]


def bools(letters):
    return torch.tensor([letter == "T" for letter in letters])


def triangle(size, diagonal=0):
    return torch.ones(size, size, dtype=torch.bool).tril(diagonal)


def reference(q, k, v, keep=None, scale=None):
    """All at once; `keep` is broadcast to (T, S)."""
    logits = q @ k.mT * (q.shape[-1] ** -0.5 if scale is None else scale)
    if keep is not None:
        logits = logits.masked_fill(~keep, -inf)
    lse = logits.logsumexp(-1)
    weights = (logits - lse.masked_fill(lse == -inf, 0.0)[:, None]).exp()
    return weights @ v, lse


def online(q, k, v, block, *, rescale_total=True, rescale_out=True):
    """By blocks, with the mistakes that rescaling invites."""
    top, total, out = q.new_full((q.shape[0], 1), -inf), 0.0, 0.0
    for keys, values in zip(k.split(block), v.split(block), strict=True):
        logits = q @ keys.mT * q.shape[-1] ** -0.5
        higher = torch.maximum(top, logits.amax(-1, keepdim=True))
        weights, shrink, top = (logits - higher).exp(), (top - higher).exp(), higher
        total = total * (shrink if rescale_total else 1.0) + weights.sum(-1, keepdim=True)
        out = out * (shrink if rescale_out else 1.0) + weights @ values
    return out / total, (top + total.log())[:, 0]


def every(like, out, lse):
    """A result with the same number everywhere."""
    return torch.full_like(like[0], out), torch.full_like(like[1], lse)


def expect_both(got, want, looks, suspects=(), tol=1e-9):
    for part, name in enumerate(("out", "lse")):
        of_part = [(suspect, value[part]) for suspect, value in suspects]
        expect_close(got[part], want[part], looks, tol=tol, suspects=of_part, name=name)


def check_values_that_are_all_one_give_one(submission):
    """Values that are all 1 give 1: the weights of a query add up to 1.
    值全为 1 时输出为 1：每个查询的权重之和为 1。"""
    q, k, _ = inputs(2, 3, 2, 1)
    ones = torch.ones(3, 1, dtype=torch.float64)
    logits = q @ k.mT * 2**-0.5
    sums = [(logits - shift).exp() @ ones for shift in (logits.amax(-1, keepdim=True), 0.0)]
    out, _ = submission.flash_attention(q, k, ones, block=3)
    expect_like(out, sums[0], OUT_SHAPE, name="out")
    suspects = [*((NOT_NORMALISED, total) for total in sums), (FIRST_NAN, torch.full_like(sums[0], nan))]
    expect_close(out, torch.ones_like(sums[0]), NOT_AVERAGE, suspects=suspects)


def check_every_block_of_keys_is_reached(submission):
    """With more keys than queries, every block of keys is reached, once.
    键比查询多时，每个块的键都参与，且只参与一次。"""
    q, k, v = inputs(3, 6, 1, 1)
    q.zero_()
    first, second, third = (part.mean() for part in v.split(2))
    numbers = [
        (QUERIES_COUNTED, v[:3].mean()),
        (FIRST_VALUES, first),
        (ONLY_LAST, third),
        (LOG_OF_SUM, (first / 4 + second / 2 + third) / 1.75),
        (PAIRWISE, (first + second) / 4 + third / 2),
        (ADDED_UP, first + second + third),
        (OUT_KEPT, first + second / 2 + third / 3),
        (MERGED_UNDIVIDED, first + second + third / 2),
        (DIVIDED_EACH_TIME, (first / 4 + second / 2 + 2 * third) / 6),
    ]
    suspects = [(looks, number.expand(3, 1)) for looks, number in numbers]
    out, _ = submission.flash_attention(q, k, v, block=2)
    expect_close(out, reference(q, k, v)[0], KEYS_MISSED, suspects=suspects, name="out")


def check_the_last_block_may_be_shorter(submission):
    """The last block may be shorter: all of its keys take part, and no others.
    最后一个块可以更短：它的键全部参与，也不多出别的键。"""
    q, k, v = inputs(2, 3, 2, 2)
    q.zero_()
    blocks = [reference(q, k[tile], v[tile])[0] for tile in (slice(2), slice(2, 3))]
    filled = [torch.cat([tensor, torch.zeros_like(tensor[:1])]) for tensor in (k, v)]
    suspects = [
        (DROPPED, blocks[0]),
        (FILLED_UP, reference(q, *filled)[0]),
        (MEAN_OF_BLOCKS, (blocks[0] + blocks[1]) / 2),
    ]
    out, _ = submission.flash_attention(q, k, v, block=2)
    expect_close(out, reference(q, k, v)[0], KEYS_MISSED, suspects=suspects, name="out")


def check_the_scores_are_divided_by_root_d(submission):
    """The scores are divided by √D.
    分数除以 √D。"""
    for D, Dv in (3, 2), (16, 5):
        q, k, v = inputs(2, 2, D, Dv)
        wrong = (NO_SCALE, 1.0), (SCALE_D, 1 / D), (SCALE_DV, Dv**-0.5), (EXP_TWO, log(2) * D**-0.5)
        suspects = [(looks, reference(q, k, v, scale=scale)[0]) for looks, scale in wrong]
        out, _ = submission.flash_attention(q, k, v, block=2)
        expect_close(out, reference(q, k, v)[0], BAD_SCALE, suspects=suspects)


def check_lse_is_the_log_of_the_summed_exponentials(submission):
    """lse is the logarithm of the sum of the exponentials of the scaled scores.
    lse 是缩放后分数的指数之和的对数。"""
    q, k, v = inputs(2, 3, 2, 2)
    want, top = reference(q, k, v)[1], (q @ k.mT * 2**-0.5).amax(-1)
    suspects = [
        (LOG_OF_SUM, want - top),
        (JUST_MAXIMUM, top),
        (BASE_TWO, top + (want - top) / log(2)),
        (BASE_TWO, want / log(2)),
        (UNSCALED_LSE, reference(q, k, v, scale=1.0)[1]),
        (TWICE, want + log(2)),
    ]
    _, lse = submission.flash_attention(q, k, v, block=3)
    expect_like(lse, want, LSE_SHAPE, name="lse")
    expect_close(lse, want, BAD_LSE, suspects=suspects, name="lse")


def check_a_higher_maximum_rescales_what_was_summed(submission):
    """When a later block brings a higher maximum, the sum and the output so far are rescaled to it.
    后面的块带来更大的最大值时，已累加的和与输出都换算过去。"""
    q, k, v = column(1.0), column(0.0, 1.0, 2.0, 3.0) + draw(4, 1) * 0.1, draw(4, 2)
    kept = (BOTH_KEPT, False, False), (OUT_KEPT, True, False), (TOTAL_KEPT, False, True)
    suspects = [(looks, online(q, k, v, 2, rescale_total=total, rescale_out=out)) for looks, total, out in kept]
    expect_both(submission.flash_attention(q, k, v, block=2), reference(q, k, v), RISING, suspects)


def check_scores_of_1e4_are_survived(submission):
    """Scores of 1e4 and -1e4 in float32 give finite and right results, in one call too.
    float32 下分数为 ±1e4 时结果有限且正确，同一次调用里两者都有也一样。"""
    for rows, size, looks in (
        ((1e4,), "1e4", None),
        ((-1e4,), "-1e4", STARTS_AT_ZERO),
        ((1e4, -1e4), "±1e4", ONE_MAXIMUM),
    ):
        q, k, v = column(*rows).float(), 1 + torch.randn(3, 1) * 1e-4, torch.randn(3, 2)
        want = [part.float() for part in reference(q.double(), k.double(), v.double())]
        suspects = []
        if looks:
            lost = torch.tensor(rows) == -1e4
            for out, lse in (0.0, -inf), (nan, -inf), (nan, nan):
                value = want[0].masked_fill(lost[:, None], out), want[1].masked_fill(lost, lse)
                suspects.append((looks, value))
        expect_both(submission.flash_attention(q, k, v, block=4), want, OVERFLOW.about(size=size), suspects, tol=2e-2)


def check_a_lower_maximum_changes_nothing(submission):
    """A later block of much lower scores leaves the maximum where it was.
    后面的块分数低得多时，最大值保持不变。"""
    q, k, v = column(1.0), column(1000.0, 999.0, 2.0, 0.0) + draw(4, 1) * 0.1, draw(4, 2)
    want = reference(q, k, v)
    suspects = [(BLOCK_MAXIMUM, every(want, nan, lse)) for lse in (inf, nan)]
    expect_both(submission.flash_attention(q, k, v, block=2), want, FALLING, suspects)


def check_false_in_key_keep_hides_a_key(submission):
    """A key takes part where key_keep is True, and in no sum where it is False.
    key_keep 为 True 的键参与计算，为 False 的键不进入任何累加。"""
    q, k, v = inputs(2, 4, 2, 2)
    keep = bools("TFFT")
    logits = q @ k.mT * 2**-0.5
    hidden = (logits * keep).softmax(-1) @ v, (logits * keep).logsumexp(-1)
    suspects = [
        (IGNORED, reference(q, k, v)),
        (INVERTED, reference(q, k, v, ~keep)),
        (FIRST_PIECE, reference(q, k, v, bools("TFTF"))),
        (ZERO_SCORES, hidden),
        (STILL_SUMMED, (logits.softmax(-1) * keep @ v, logits.logsumexp(-1))),
    ]
    got = submission.flash_attention(q, k, v, block=2, key_keep=keep)
    expect_both(got, reference(q, k, v, keep), KEY_KEEP, suspects)


def check_a_block_without_a_usable_key_changes_nothing(submission):
    """A block without a usable key changes nothing, the first one neither.
    没有可用键的块不影响结果，第一个块也不例外。"""
    q, k, v = inputs(2, 6, 1, 1)
    for letters, stopped in ("FFTFTT", None), ("TTFFFT", "TTFFFF"), ("TFTTFF", None):
        keep = bools(letters)
        want = reference(q, k, v, keep)
        nans = [(EMPTY_BLOCK_NAN, every(want, nan, lse)) for lse in (nan, -inf)]
        rest = (STOPPED, reference(q, k, v, bools(stopped))) if stopped else (NOTHING_LEFT, every(want, 0.0, -inf))
        got = submission.flash_attention(q, k, v, block=2, key_keep=keep)
        expect_both(got, want, EMPTY_BLOCK, [*nans, rest])


def check_causal_outputs_do_not_change_with_later_tokens(submission):
    """With causal no output changes when a later token does.
    causal 时，后面的 token 变化不影响前面的输出。"""
    q, k, v = inputs(4, 4, 2, 1)
    before, _ = submission.flash_attention(q, k, v, block=2, causal=True)
    expect_like(before, v.new_empty(4, 1), CAUSAL)
    for token in 3, 2, 1:
        keys, values = k.clone(), v.clone()
        keys[token], values[token] = draw(2), draw(1)
        after, _ = submission.flash_attention(q, keys, values, block=2, causal=True)
        expect_like(after, before, CAUSAL)
        moved = (after - before)[:token].abs().amax(-1) > 1e-9
        if moved.any():
            expect(False, LEAK.about(out=int(moved.nonzero()[0]), token=token))


def check_a_causal_query_uses_the_keys_up_to_its_own(submission):
    """With causal, query i uses the keys 0 to i.
    causal 时，查询 i 使用第 0 到第 i 个键。"""
    q, k, v = inputs(4, 4, 2, 1)
    strict = reference(q, k, v, triangle(4, -1))
    broken = [torch.cat([torch.full_like(part[:1], nan), part[1:]]) for part in strict]
    suspects = [(STRICT, strict), (STRICT, broken)]
    got = submission.flash_attention(q, k, v, block=2, causal=True)
    expect_both(got, reference(q, k, v, triangle(4)), CAUSAL, suspects)


def check_a_key_has_to_pass_causal_and_key_keep(submission):
    """With causal and key_keep a key has to pass both.
    同时有 causal 和 key_keep 时，键必须两者都通过。"""
    q, k, v = inputs(4, 4, 2, 1)
    keep = bools("TFTT")
    suspects = [(KEEP_ALONE, reference(q, k, v, keep)), (CAUSAL_ALONE, reference(q, k, v, triangle(4)))]
    got = submission.flash_attention(q, k, v, block=2, causal=True, key_keep=keep)
    expect_both(got, reference(q, k, v, keep & triangle(4)), TWO_MASKS, suspects)


def check_a_masked_key_has_no_part_in_the_maximum(submission):
    """A masked key has no part in the maximum: with a score of 1e4 it does no harm.
    被屏蔽的键不参与取最大值：它的分数为 1e4 也无妨。"""
    for options, masked in ({"key_keep": bools("TTFT")}, [2] * 4), ({"causal": True}, [3, 3, 3, None]):
        q, k, v = 1 + torch.rand(4, 1), torch.rand(4, 1), torch.randn(4, 1)
        k[masked[0]] = 1e4
        keep = options.get("key_keep", triangle(4))
        want = [part.float() for part in reference(q.double(), k.double(), v.double(), keep)]
        lost = torch.tensor([key is not None for key in masked])
        suspects = []
        for out, lse in (0.0, -inf), (nan, -inf), (nan, nan):
            suspects.append((MASKED_MAXIMUM, (want[0].masked_fill(lost[:, None], out), want[1].masked_fill(lost, lse))))
        got = submission.flash_attention(q, k, v, block=4, **options)
        expect_both(got, want, MASKED_MAXIMUM, suspects, tol=1e-3)


def check_a_query_without_a_usable_key_gets_nothing(submission):
    """A query without a usable key gets out 0 and lse -inf; the others are as they should be.
    没有可用键的查询得到 out 为 0、lse 为 -inf，其余查询不受影响。"""
    q, k, v = inputs(2, 4, 2, 2)
    none = bools("FFFF")
    want = reference(q, k, v, none)
    suspects = [
        (NO_KEY_MEAN, (v.mean(0).expand(2, -1), want[1])),
        *((NO_KEY_NAN, every(want, nan, lse)) for lse in (nan, -inf)),
    ]
    expect_both(submission.flash_attention(q, k, v, block=2, key_keep=none), want, NO_KEY, suspects)
    q, k, v = inputs(4, 4, 2, 1)
    keep = bools("FTTT")
    got = submission.flash_attention(q, k, v, block=2, causal=True, key_keep=keep)
    want = reference(q, k, v, keep & triangle(4))
    nans = [[torch.cat([torch.full_like(part[:1], number), part[1:]]) for part in want] for number in (nan, -inf)]
    expect_both(got, want, NO_KEY, [(NO_KEY_NAN, nans[0]), (NO_KEY_NAN, (nans[0][0], nans[1][1]))])


def check_the_inputs_stay_as_they_were(submission):
    """q, k, v and key_keep stay as they were.
    q、k、v 和 key_keep 保持原样。"""
    q, k, v = inputs(5, 5, 3, 2)
    for options in {}, {"causal": True}, {"key_keep": bools("FFTFT")}, {"causal": True, "key_keep": bools("FFTFT")}:
        expect_untouched(submission.asking().flash_attention(q, k, v, block=2, **options), MUTATED)


def expect_right_gradients(submission, qkv, looks, block, causal=False, keep=None):
    T, S = qkv[0].shape[0], qkv[1].shape[0]
    allowed = triangle(T) if causal else torch.ones(T, S, dtype=torch.bool)
    allowed = allowed if keep is None else allowed & keep
    weights = draw(T, qkv[2].shape[1])
    want = gradients_of(lambda *leaves: reference(*leaves, allowed)[0], qkv, weights)
    asking = submission.asking(grad_of=qkv, cotangent=[weights], on_error=NO_BACKWARD)
    reply = asking.flash_attention(*qkv, block=block, causal=causal, key_keep=keep)
    if not allowed.any():  # nothing need flow back
        grads = zip(reply.grads, qkv, strict=True)
        reply = replace(reply, grads=[torch.zeros_like(leaf) if grad is None else grad for grad, leaf in grads])
    expect_gradients(reply, want, "qkv", looks)


def check_gradients_flow_back_through_out(submission):
    """The gradients of q, k and v through out are those of the formula.
    经过 out 回传到 q、k、v 的梯度与公式一致。"""
    expect_right_gradients(submission, inputs(2, 3, 2, 2), GRADIENT, 4)
    expect_right_gradients(submission, inputs(3, 5, 2, 4), GRADIENT, 2)
    expect_right_gradients(submission, inputs(4, 4, 3, 2), GRADIENT, 2, causal=True)
    expect_right_gradients(submission, inputs(3, 6, 2, 4), GRADIENT, 2, keep=bools("TFTTFT"))


def check_gradients_stay_finite_without_a_usable_key(submission):
    """With blocks or queries without a usable key the gradients are still finite and right.
    有些块或查询没有可用键时，梯度仍然有限且正确。"""
    for letters in "FFTTFT", "TTFFTF", "FFFFFF":
        expect_right_gradients(submission, inputs(3, 6, 2, 4), EMPTY_GRADIENT, 2, keep=bools(letters))
    expect_right_gradients(submission, inputs(4, 4, 2, 3), EMPTY_GRADIENT, 2, causal=True, keep=bools("FFTT"))


def check_the_values_are_right_for_every_size_and_block(submission):
    """Values are right for every size and every block: 1, one that does not divide S, one that is larger.
    各种尺寸和块大小下数值都正确：块为 1、不整除 S、比 S 大都可以。"""
    for T, S, D, Dv, block in (
        (3, 5, 2, 4, 1),
        (5, 5, 3, 2, 2),
        (7, 7, 4, 3, 1),
        (9, 9, 2, 5, 4),
        (4, 11, 3, 2, 3),
        (6, 3, 5, 2, 8),
    ):
        q, k, v = inputs(T, S, D, Dv)
        some = torch.rand(S) < 0.5
        looks = GENERAL.about(sizes=(T, S, D, Dv), block=block)
        for causal in (False, True) if T == S else (False,):
            for keep in None, some:
                allowed = triangle(T) if causal else torch.ones(T, S, dtype=torch.bool)
                want = reference(q, k, v, allowed if keep is None else allowed & keep)
                expect_both(submission.flash_attention(q, k, v, block, causal, keep), want, looks)
    for S in 3, 65:
        q, k, v = inputs(2, S, 3, 4)
        looks = GENERAL.about(sizes=(2, S, 3, 4), block=64)
        expect_both(submission.flash_attention(q, k, v), reference(q, k, v), looks)


def check_no_tensor_is_larger_than_two_blocks_of_scores(submission):
    """No tensor has more than 2·T·block elements, and only a few of them are held at a time.
    没有元素超过 2·T·block 个的张量，同一时刻也只保留其中的几个。"""
    expect_small_tensors(submission, 320, 320, 16, causal=True)
    expect_small_tensors(submission, 64, 1024, 32)
    expect_small_tensors(submission, 64, 1024, 32, key_keep=torch.rand(1024) < 0.5)
    T, S, block = 128, 1 << 16, 512  # all scores are 64 MiB, those of a block 0.5
    q, k, v = inputs(T, S, 2, 3)
    bounded = submission.asking(memory_mib=8, beyond=ALL_HELD)
    out, lse = bounded.flash_attention(q, k, v, block=block).value
    expect_like(out, v.new_empty(T, 3), LONG)
    expect_like(lse, q[:, 0], LONG)
    rows = torch.tensor([0, T // 2, T - 1])
    expect_both((out[rows], lse[rows]), reference(q[rows], k, v), LONG)


def expect_small_tensors(submission, T, S, block, **options):
    """A mask of booleans is too small for the bound of memory above; by name it is seen."""
    reply = submission.asking(trace=True).flash_attention(*inputs(T, S, 2, 1), block=block, **options)
    if reply.largest and reply.largest.elements > 2 * T * block:
        shape, operation = tuple(reply.largest.shape), reply.largest.operation
        line = f"the largest tensor made: {shape}, by {operation}", f"产生的最大张量：{shape}，来自 {operation}"
        expect(False, QUADRATIC, line)
