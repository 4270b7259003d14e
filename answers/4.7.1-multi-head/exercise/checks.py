"""The checks of the multi-head block. Weights are drawn here and loaded into the submission's submodules."""

import torch

from attnquiz.judge.compare import (
    Looks,
    expect,
    expect_close,
    expect_gradients,
    expect_raises,
    expect_untouched,
    gradients_of,
)

PARAMETERS = {
    "norm.weight": (1,),
    "norm.bias": (1,),
    "qkv.weight": (3, 1),
    "qkv.bias": (3,),
    "out.weight": (1, 1),
    "out.bias": (1,),
}
P = 0.3  # dropout
DRAWS = 3000
T_DROPPED = 5

DIVISIBILITY = Looks(
    "{heads} heads on a d_model of {width} are accepted",
    "d_model={width} 配 {heads} 个头也被接受了",
    "Which channels does the last head get?",
    "最后一个头分到哪些通道？",
)
RESIDUAL = Looks(
    "with out set to zero the block does not return x",
    "把 out 置零后，模块返回的不是 x",
    "What is left of x + dropout(out(...)) when out gives zero?",
    "out 输出为零时，x + dropout(out(...)) 还剩什么？",
)
NO_RESIDUAL = Looks("the residual connection is missing", "缺少残差连接")
NORMED_RESIDUAL = Looks(
    "with out set to zero the block returns norm(x): x itself has to be added, after the norm's branch",
    "把 out 置零后返回的是 norm(x)：归一化只在支路里做，加回来的应该是 x 本身",
)
NOT_NORMED = Looks(
    "what attention adds changes when x is ten times as large: its input is not normalised",
    "x 放大十倍后，注意力加上的部分也变了：它的输入没有经过归一化",
    "LayerNorm forgets the size of x: where does it stand?",
    "LayerNorm 会消去 x 的尺度：它应该放在哪里？",
)
LONE = Looks(
    "a lone token does not get out(v): its only weight is 1",
    "只有一个 token 时输出不是 out(v)：它唯一的权重是 1",
    "With T = 1 neither scale nor softmax matters: which channels does v have, and which way do they go to the result?",
    "T = 1 时缩放和 softmax 都不起作用：v 是哪些通道，它们怎样到达结果？",
)
INTERLEAVED = Looks(
    "q, k and v are cut from every head's channels (H, 3, D) instead of from thirds (3, H, D)",
    "q、k、v 是在每个头内部按 (H, 3, D) 切的，而不是按 (3, H, D) 切成三份",
)
BY_THREES = Looks(
    "q, k and v are every third channel of qkv instead of its thirds", "q、k、v 是每隔三个通道取一个，而不是切成三份"
)
SHUFFLED = Looks(
    "the channels of the heads come back in another order: splitting and merging do not undo each other",
    "各个头的通道合并后换了顺序：拆分与合并不是互逆的",
)
VALUES_ELSEWHERE = Looks("the values are not the last third of qkv", "取作值的不是 qkv 的最后三分之一")
NO_OUT = Looks("the projection `out` is not applied", "没有经过输出投影 `out`")
HEADS = Looks(
    "with equal weights everywhere a token does not get the mean of the values",
    "权重处处相等时，得到的不是各个值的平均",
    "Follow channel 0 of token 1 through split and merge.",
    "跟着第 1 个 token 的第 0 个通道，走一遍拆分与合并。",
)
ALWAYS_CAUSAL = Looks(
    "later tokens are masked although causal is False",
    "causal=False 时后面的 token 也被屏蔽了",
    "When is the triangle put on the scores?",
    "什么时候才应该加上三角掩码？",
)
SPLIT_TOKENS = Looks(
    "view(B, H, T, D) without a transpose: a head gets some of the tokens instead of some of the channels",
    "直接 view(B, H, T, D) 而没有转置：每个头分到的是一部分 token，而不是一部分通道",
)
MERGED_TOKENS = Looks(
    "the heads are merged without bringing H next to D: the tokens are mixed",
    "合并时没有先让 H 与 D 相邻：不同的 token 混在了一起",
)
SCALE = Looks(
    "the scores are not divided by √D, D the width of a head",
    "分数没有除以 √D（D 是每个头的宽度）",
    "How many terms does one dot product of a head have?",
    "一个头里的点积是多少项之和？",
)
NO_SCALE = Looks("the scores are not divided by √D at all", "分数完全没有除以 √D")
SCALE_TWICE = Looks("the scores are divided by D instead of √D", "分数除以了 D，而不是 √D")
SCALE_HEADS = Looks(
    "the scores are divided by √H, the number of heads, instead of √D", "分数除以了 √H（头数），而不是 √D"
)
SCALE_UP = Looks("the scores are multiplied by √D instead of divided", "分数乘以了 √D，而不是除以")
OVER_QUERIES = Looks(
    "the softmax runs over the queries instead of the keys",
    "softmax 沿着查询那一维做，而不是键",
    "The weights of one query, a row of the scores, add up to 1.",
    "一个查询的权重是分数的一行，加起来等于 1。",
)
ONE_HEAD = Looks(
    "there is one head of width C instead of heads of width D",
    "只有一个宽为 C 的头，而不是多个宽为 D 的头",
    "Every head has a softmax of its own.",
    "每个头都有自己的 softmax。",
)
EVERY_HTH = Looks(
    "head h has every H-th channel instead of the channels h·D to (h+1)·D - 1",
    "第 h 个头每隔 H 个通道取一个，而不是第 h·D 到 (h+1)·D - 1 个通道",
    "unflatten(2, (H, D)) or (D, H)?",
    "是 unflatten(2, (H, D)) 还是 (D, H)？",
)
SCALE_MODEL = Looks("the scores are divided by √d_model instead of √D", "分数除以了 √d_model，而不是 √D")
ORDER = Looks(
    "queries and keys are not the first and the second third of qkv",
    "查询和键不是 qkv 的第一个和第二个三分之一",
    "Row i of the scores belongs to query i: what if q and k change places?",
    "分数的第 i 行属于第 i 个查询：q 与 k 对调会怎样？",
)
SWAPPED = Looks("keys and queries have changed places", "键和查询的位置对调了")
LEAK = Looks(
    "future tokens leak: output {out} changes when token {token} does",
    "未来的 token 泄漏了：第 {token} 个 token 一变，第 {out} 个输出就变",
    "Which keys may query {out} see?",
    "第 {out} 个查询能看到哪些键？",
)
CAUSAL = Looks(
    "with causal a token does not see exactly itself and those before it",
    "causal 时，每个 token 看到的不恰好是自己和前面的 token",
    "Is the diagonal part of the mask?",
    "对角线在不在掩码里？",
)
STRICT = Looks(
    "with causal a token does not see itself: the diagonal is masked", "causal 时 token 看不到自己：对角线被屏蔽了"
)
PADDING = Looks(
    "padding is not masked as it should be",
    "填充没有被正确屏蔽",
    "key_keep is True for real tokens, and speaks of keys, the last dimension of the scores.",
    "key_keep 为 True 表示真实 token，它针对的是键，也就是分数的最后一维。",
)
INVERTED = Looks(
    "boolean mask read the other way round: real tokens are masked", "布尔掩码的含义弄反了：被屏蔽的是真实 token"
)
QUERY_AXIS = Looks("the mask lies on the queries instead of the keys", "掩码加在了查询那一维，而不是键")
IGNORED = Looks("padding is attended to", "填充也被关注了")
CAUSAL_PADDING = Looks(
    "with causal, padding is not masked as it should be",
    "causal 时，填充没有被正确屏蔽",
    "Two masks: a key has to pass both.",
    "有两个掩码：一个键必须同时通过。",
)
CONTENT = Looks(
    "the output of a real token changes with what stands in the padding",
    "真实 token 的输出随填充的内容而变",
    "A masked key has a weight of exactly 0, in every sample of the batch.",
    "在批次的每个样本里，被屏蔽的键权重都恰好为 0。",
)
AMOUNT = Looks(
    "the outputs of real tokens change with the amount of padding",
    "真实 token 的输出随填充的数量而变",
    "Is anything averaged or normalised over the length?",
    "有没有什么量是按长度平均或归一化的？",
)
ALL_PADDING = Looks(
    "where a query has no key, not everything stays finite ({what})",
    "查询没有任何键可关注时出现了非有限值（{what}）",
    "What does the softmax make of a row that is masked throughout, forwards and backwards?",
    "整行都被屏蔽时，softmax 的前向和反向分别得到什么？",
)
EVAL_DROPS = Looks(
    "in evaluation two calls differ: dropout is still on",
    "评估模式下两次调用结果不同：dropout 还开着",
    "functional.dropout drops unless told that training is over: training=self.training.",
    "functional.dropout 默认总是生效，需要传 training=self.training。",
)
EVAL_SCALED = Looks(
    "in evaluation the values are not those of the formula",
    "评估模式下的数值与公式不符",
    "Kept values are scaled up in training: what is left to do in evaluation?",
    "保留的值在训练时就放大了：评估时还需要做什么？",
)
TRAIN_KEEPS = Looks(
    "in training nothing is dropped",
    "训练模式下没有丢弃任何东西",
    "Is the module's dropout argument used?",
    "模块的 dropout 参数用上了吗？",
)
OUTPUT_KEPT = Looks(
    "what `out` returns is not dropped: {share:.0%} of it is zero at a dropout of {p}",
    "`out` 的输出没有被丢弃：dropout={p} 时只有 {share:.0%} 为零",
    "Two places: the weights, and what goes into the residual.",
    "两处都要有：注意力权重，以及加到残差上的部分。",
)
WRONG_SHARE = Looks(
    "of what `out` returns {share:.0%} is zero at a dropout of {p}",
    "dropout={p} 时 `out` 的输出有 {share:.0%} 为零",
    "p is the share that is dropped, once, channel by channel.",
    "p 是被丢弃的比例；逐通道丢弃，只丢一次。",
)
WEIGHTS_KEPT = Looks(
    "the weights after the softmax are not dropped: their sums stay 1",
    "softmax 之后的权重没有被丢弃：它们的和始终是 1",
    "Dropping logits, or the output alone, leaves every row's sum at 1.",
    "如果丢弃的是 logits，或只丢弃输出，每行权重之和仍是 1。",
)
MEAN = Looks(
    "dropout does not keep the mean: {mean:.2f} instead of 1 over many draws",
    "dropout 没有保持均值：多次抽样的平均是 {mean:.2f}，应为 1",
    "What is the kept part multiplied by?",
    "保留下来的部分要乘以什么？",
)
ON_VALUES = Looks(
    "the channels of one head are dropped apart before `out`: dropout falls on the values, not on the weights",
    "同一个头的各通道在 `out` 之前分别被丢弃：dropout 作用于值，而不是权重",
    "A dropped weight takes a key from all channels of its head.",
    "一个权重被丢弃，这个头的所有通道就都失去该键。",
)
TOGETHER = Looks(
    "{what} are dropped together",
    "{what_zh}总是一起丢弃",
    "Dropout draws anew for every element: which tensor is it given?",
    "dropout 对每个元素分别抽样：传给它的是哪个张量？",
)
OTHER_RATE = Looks(
    "the weights are dropped twice, or at another rate than {p}",
    "权重被丢弃了两次，或者比例不是 {p}",
    "With equal weights, n kept of {T} add up to n/({T}·(1-p)).",
    "权重相等时，{T} 个中保留 n 个，其和应为 n/({T}·(1-p))。",
)
GRADIENT = Looks(
    "the gradient is wrong",
    "梯度不对",
    "Does every step stay in the graph?",
    "每一步都留在计算图里了吗？",
)
GENERAL = Looks(
    "the values are wrong for B, T, C, heads = {sizes}",
    "B, T, C, heads = {sizes} 时数值不对",
    "Which sizes are equal here, or 1?",
    "这里哪些尺寸相等，或者等于 1？",
)


STALE = Looks(
    "a call with {T} tokens goes wrong after one with {before}",
    "先处理 {before} 个 token，再处理 {T} 个时出错",
    "What is kept from call to call, and how large is it?",
    "两次调用之间保存了什么？它有多大？",
)


def draw_state(width):
    shapes = {name: [times * width for times in shape] for name, shape in PARAMETERS.items()}
    state = {name: torch.randn(shape, dtype=torch.float64) * 0.45 for name, shape in shapes.items()}
    state["norm.weight"] += 1
    return state


def identity(width):
    """`out` as if it were not there."""
    return {"out.weight": torch.eye(width, dtype=torch.float64), "out.bias": torch.zeros(width, dtype=torch.float64)}


def draw(*shape):
    return torch.randn(shape, dtype=torch.float64)


def thirds(qkv, heads):
    return qkv.chunk(3, dim=-1)


def interleaved(qkv, heads):
    return [part.flatten(2) for part in qkv.unflatten(2, (heads, 3, -1)).unbind(3)]


def by_threes(qkv, heads):
    return [qkv[..., part::3] for part in range(3)]


def every_hth(x, heads):
    return torch.stack([x[..., head::heads] for head in range(heads)], dim=1)


def interlaced(x):
    return x.permute(0, 2, 3, 1).flatten(2)


def by_channels(x, heads):
    return torch.stack(x.chunk(heads, dim=2), dim=1)  # (B, H, T, D)


def by_tokens(x, heads):
    return x.reshape(x.shape[0], heads, x.shape[1], -1)


def side_by_side(x):
    return torch.cat(x.unbind(1), dim=2)


def mixed(x):
    return x.reshape(x.shape[0], x.shape[2], -1)


def normed(state, x):
    return torch.nn.functional.layer_norm(x, x.shape[-1:], state["norm.weight"], state["norm.bias"])


def keys_kept(x, key_keep=None, causal=False, diagonal=0):
    T = x.shape[1]
    keep = torch.ones(x.shape[0], 1, T, T, dtype=torch.bool)
    keep = keep.tril(diagonal) if causal else keep
    return keep if key_keep is None else keep & key_keep[:, None, None, :]


def reference(
    state,
    x,
    heads,
    keep=None,
    *,
    cut=thirds,
    parts=(0, 1, 2),
    split=by_channels,
    merge=side_by_side,
    scale=None,
    axis=-1,
    empty=0.0,
):
    """The block in evaluation; the keywords are its typical mistakes. `empty` stands where a query has no key."""
    qkv = cut(normed(state, x) @ state["qkv.weight"].T + state["qkv.bias"], heads)
    q, k, v = (split(qkv[part], heads) for part in parts)
    logits = q @ k.mT * (q.shape[-1] ** -0.5 if scale is None else scale)
    keep = keys_kept(x) if keep is None else keep
    attn = logits.masked_fill(~keep, float("-inf")).softmax(axis)
    attn = torch.where(keep.any(-1, keepdim=True), attn, empty)
    return x + merge(attn @ v) @ state["out.weight"].T + state["out.bias"]


def with_empty_rows(looks, state, x, heads, keep):
    """One suspect for each thing that a query without a key may have become."""
    return [(looks, reference(state, x, heads, keep, empty=empty)) for empty in (0.0, 1 / x.shape[1], torch.nan)]


def make(submission, state, heads, dropout=0.0):
    width = state["out.bias"].shape[0]
    return submission.MultiHeadSelfAttention(width, heads, dropout=dropout).load(state).eval()


def check_heads_must_divide_the_width(submission):
    """Heads that do not divide d_model are refused.
    头数不能整除 d_model 时拒绝构造。"""
    submission.MultiHeadSelfAttention(6, 2)
    for width, heads in (6, 4), (4, 3):
        reply = submission.asking(may_raise=True).MultiHeadSelfAttention(width, heads)
        expect_raises(reply, "Exception", DIVISIBILITY.about(width=width, heads=heads))


def check_x_is_added_back(submission):
    """With out at zero the block is the identity: x itself is added back.
    out 置零后模块是恒等映射：加回来的是 x 本身。"""
    state, x = draw_state(4), draw(1, 2, 4)
    state["out.weight"].zero_(), state["out.bias"].zero_()
    suspects = [
        (NO_RESIDUAL, torch.zeros_like(x)),
        (NORMED_RESIDUAL, normed(state, x)),
        (NO_OUT, reference(state | identity(4), x, 2)),
    ]
    expect_close(make(submission, state, 2)(x), x, RESIDUAL, suspects=suspects)


def check_attention_reads_the_normed_x(submission):
    """What is added does not change with the size of x: it is computed from norm(x).
    加上的部分不随 x 的尺度而变：它是由 norm(x) 算出来的。"""
    state, x = draw_state(4), draw(1, 2, 4)
    block = make(submission, state, 2)
    added, added_to_larger = block(x) - x, block(10 * x) - 10 * x
    expect_close(added_to_larger, added, NOT_NORMED, tol=1e-2)  # the eps of the norm weighs on the smaller x


def check_a_lone_token_gets_its_own_value(submission):
    """A lone token gets x + out(v), v the last third of qkv.
    只有一个 token 时得到 x + out(v)，v 是 qkv 的最后三分之一。"""
    state, x = draw_state(6), draw(1, 1, 6)
    suspects = [
        (INTERLEAVED, reference(state, x, 2, cut=interleaved)),
        (BY_THREES, reference(state, x, 2, cut=by_threes)),
        (SHUFFLED, reference(state, x, 2, split=every_hth)),
        (SHUFFLED, reference(state, x, 2, merge=interlaced)),
        (VALUES_ELSEWHERE, reference(state, x, 2, parts=(1, 2, 0))),
        (VALUES_ELSEWHERE, reference(state, x, 2, parts=(0, 2, 1))),
    ]
    expect_close(make(submission, state, 2)(x), reference(state, x, 2), LONE, suspects=suspects)


def check_heads_are_split_and_merged_by_channels(submission):
    """With equal weights a token gets the mean of the values: heads share out channels, never tokens.
    权重相等时得到值的平均：各个头分到的是通道，不是 token。"""
    state, x = draw_state(4), draw(1, 3, 4)
    state["qkv.weight"][:8], state["qkv.bias"][:8] = 0, 0  # no queries, no keys
    suspects = [
        (MERGED_TOKENS, reference(state, x, 2, merge=mixed)),
        (SPLIT_TOKENS, reference(state, x, 2, split=by_tokens)),
        (SPLIT_TOKENS, reference(state, x, 2, split=by_tokens, merge=mixed)),
        (ALWAYS_CAUSAL, reference(state, x, 2, keys_kept(x, causal=True))),
    ]
    expect_close(make(submission, state, 2)(x), reference(state, x, 2), HEADS, suspects=suspects)


def check_scores_are_divided_by_the_root_of_the_head_width(submission):
    """Scores are divided by √D, D the width of a head.
    分数除以 √D，D 是每个头的宽度。"""
    state, x = draw_state(6), draw(1, 2, 6)
    for part in state["qkv.weight"], state["qkv.bias"]:
        part[6:12] = part[:6]  # keys are queries
    scales = {NO_SCALE: 1.0, SCALE_MODEL: 6**-0.5, SCALE_TWICE: 1 / 2, SCALE_HEADS: 3**-0.5, SCALE_UP: 2**0.5}
    suspects = [
        *[(looks, reference(state, x, 3, scale=scale)) for looks, scale in scales.items()],
        (OVER_QUERIES, reference(state, x, 3, axis=-2)),
        (ONE_HEAD, reference(state, x, 1)),
        (EVERY_HTH, reference(state, x, 3, split=every_hth, merge=interlaced)),
    ]
    expect_close(make(submission, state, 3)(x), reference(state, x, 3), SCALE, suspects=suspects)


def check_queries_come_before_keys(submission):
    """The first third of qkv are the queries, the second the keys.
    qkv 的第一份是查询，第二份是键。"""
    state, x = draw_state(4), draw(1, 2, 4)
    suspects = [(SWAPPED, reference(state, x, 2, parts=(1, 0, 2)))]
    expect_close(make(submission, state, 2)(x), reference(state, x, 2), ORDER, suspects=suspects)


def check_causal_outputs_do_not_change_with_later_tokens(submission):
    """With causal no output changes when a later token does.
    causal 时，后面的 token 变化不影响前面的输出。"""
    state, x = draw_state(4), draw(1, 4, 4)
    block = make(submission, state, 2)
    before = block(x, causal=True)
    for token in 3, 2, 1:
        changed = x.clone()
        changed[:, token] = draw(4)
        moved = (block(changed, causal=True) - before)[0, :token].abs().amax(-1) > 1e-9
        if moved.any():
            out = int(moved.nonzero()[0])
            expect(False, LEAK.about(out=out, token=token))


def check_a_causal_token_sees_itself(submission):
    """With causal a token sees itself and all tokens before it.
    causal 时，token 能看到自己和前面所有的 token。"""
    state, x = draw_state(4), draw(1, 3, 4)
    suspects = with_empty_rows(STRICT, state, x, 2, keys_kept(x, causal=True, diagonal=-1))
    got = make(submission, state, 2)(x, causal=True)
    expect_close(got, reference(state, x, 2, keys_kept(x, causal=True)), CAUSAL, suspects=suspects)


def check_false_in_key_keep_hides_a_key(submission):
    """key_keep hides the keys where it is False, from every query.
    key_keep 为 False 的键对所有查询都不可见。"""
    state, x = draw_state(4), draw(1, 3, 4)
    key_keep = torch.tensor([[True, True, False]])
    suspects = [
        (IGNORED, reference(state, x, 2)),
        *with_empty_rows(INVERTED, state, x, 2, keys_kept(x, ~key_keep)),
        *with_empty_rows(QUERY_AXIS, state, x, 2, keys_kept(x) & key_keep[:, None, :, None]),
    ]
    got = make(submission, state, 2)(x, key_keep=key_keep)
    expect_close(got, reference(state, x, 2, keys_kept(x, key_keep)), PADDING, suspects=suspects)


def check_padding_stays_hidden_with_causal(submission):
    """With causal, padding is hidden as well.
    causal 时填充同样不可见。"""
    state, x = draw_state(4), draw(1, 3, 4)
    key_keep = torch.tensor([[True, False, True]])
    keep = keys_kept(x, causal=True)
    suspects = [
        (IGNORED, reference(state, x, 2, keep)),
        (LEAK.about(out=1, token=2), reference(state, x, 2, keys_kept(x, key_keep))),
    ]
    got = make(submission, state, 2)(x, key_keep=key_keep, causal=True)
    expect_close(got, reference(state, x, 2, keys_kept(x, key_keep, causal=True)), CAUSAL_PADDING, suspects=suspects)


def check_neither_content_nor_amount_of_padding_matters(submission):
    """Real tokens' outputs depend neither on what stands in the padding nor on how much of it there is.
    真实 token 的输出与填充的内容和数量都无关。"""
    state, x = draw_state(6), draw(2, 4, 6)
    block = make(submission, state, 3)
    key_keep = torch.tensor([[True, True, True, True], [True, True, True, False]])
    other = torch.where(key_keep[:, :, None], x, draw(2, 4, 6))
    before = block(x, key_keep=key_keep)
    expect_close(block(other, key_keep=key_keep)[key_keep], before[key_keep], CONTENT)
    expect_close(block(x[1:, :3])[0], before[1, :3], AMOUNT)


def check_a_sample_of_padding_alone_stays_finite(submission):
    """A query without a key stays finite, and so do gradients: in a sample of padding, and after nothing but padding.
    没有键可关注的查询，输出与梯度都有限：整个样本都是填充，或者 causal 时前面只有填充。"""
    state, x = draw_state(4), draw(2, 3, 4)
    for hidden, causal in ([True] * 3, False), ([True] * 3, True), ([True, False, False], True):
        key_keep = ~torch.tensor([[False] * 3, hidden])
        asking = make(submission, state, 2).asking(grad_of=[x], parameters=True, cotangent=draw(2, 3, 4))
        reply = asking(x, key_keep=key_keep, causal=causal)
        expect_close(reply.value[:1], reference(state, x[:1], 2, keys_kept(x[:1], causal=causal)), PADDING)
        grads = {"x": reply.grads[0], **reply.parameter_grads}
        for name, tensor in {"y": reply.value, **{f"d/d{name}": grad for name, grad in grads.items()}}.items():
            expect(tensor is None or bool(tensor.isfinite().all()), ALL_PADDING.about(what=name))


def check_evaluation_drops_nothing(submission):
    """In evaluation nothing is dropped.
    评估模式下不丢弃任何东西。"""
    state, x = draw_state(4), draw(1, 2, 4)
    block = make(submission, state, 2, dropout=0.5)
    expect_close(block.asking(seed=1)(x).value, block.asking(seed=2)(x).value, EVAL_DROPS)
    expect_close(block(x), reference(state, x, 2), EVAL_SCALED)


def check_training_drops(submission):
    """In training two draws differ.
    训练模式下两次抽样结果不同。"""
    state, x = draw_state(4), draw(2, 3, 4)
    block = make(submission, state, 2, dropout=0.5).train()
    values = [block.asking(seed=seed)(x).value for seed in (1, 2, 3)]
    expect(any(not torch.equal(values[0], value) for value in values[1:]), TRAIN_KEEPS)


def check_dropout_falls_on_the_weights_and_on_the_output(submission):
    """Dropout falls on the weights after the softmax, and on what out returns.
    dropout 作用于 softmax 之后的权重，以及 out 的输出。"""
    added = draw_added(submission)
    zero = (added.abs() < 1e-9).double().mean().item()
    undropped = ((added - 1 / (1 - P)).abs() < 1e-9).double().mean().item()
    expect(zero > P / 2, OUTPUT_KEPT.about(share=zero, p=P))
    expect(abs(zero - P) < 0.05, WRONG_SHARE.about(share=zero, p=P))
    expect(1 - zero - undropped > 0.4, WEIGHTS_KEPT)


def check_dropout_keeps_the_mean(submission):
    """Over many draws dropout keeps the mean.
    多次抽样的平均与不丢弃时相同。"""
    mean = draw_added(submission).mean().item()
    expect(abs(mean - 1) < 0.05, MEAN.about(mean=mean))


def check_every_weight_is_dropped_once_and_on_its_own(submission):
    """Every weight and every channel of the output is dropped once, and on its own.
    每个权重和输出的每个通道都各自丢弃，只丢一次。"""
    added = draw_added(submission, equal_weights=True)
    first, second = added[..., 0::2], added[..., 1::2]  # the two channels of each head: (draws, T, H)
    sums = torch.maximum(first, second)  # the weights of a query add up to this, times 1 - P
    expect(bool(((first == 0) | (second == 0) | ((first - second).abs() < 1e-9)).all()), ON_VALUES)
    expect(
        ((added == 0).all(-1)).double().mean().item() < P / 2,
        TOGETHER.about(what="all channels of a token", what_zh="一个 token 的所有通道"),
    )
    for what, what_zh, one, other in (
        ("the weights that all queries give a key", "所有查询给同一个键的权重", sums[:, 0], sums[:, 1]),
        ("the weights of all heads", "各个头的权重", sums[..., 0], sums[..., 1]),
    ):
        both = (one > 0) & (other > 0)
        same = ((one - other).abs() < 1e-9)[both].double().mean().item()
        expect(same < 0.6, TOGETHER.about(what=what, what_zh=what_zh))  # of two counts out of 5 a third agrees
    kept = sums * T_DROPPED * (1 - P) ** 2
    expect(bool(((kept - kept.round()).abs() < 1e-6).all()), OTHER_RATE.about(p=P, T=T_DROPPED))


def draw_added(submission, equal_weights=False):
    """What the block adds in training when every value is 1 and out is the identity: 1 but for dropout."""
    width = 4
    state = draw_state(width) | identity(width)
    state["qkv.weight"][2 * width :], state["qkv.bias"][2 * width :] = 0, 1
    if equal_weights:
        state["qkv.weight"][: 2 * width], state["qkv.bias"][: 2 * width] = 0, 0
    x = draw(1, T_DROPPED, width).repeat(DRAWS // T_DROPPED, 1, 1)
    return make(submission, state, 2, dropout=P).train()(x) - x


def check_x_and_the_mask_stay_as_they_were(submission):
    """x and key_keep stay as they were.
    x 和 key_keep 保持原样。"""
    block = make(submission, draw_state(6), 3)
    for causal in False, True:
        key_keep = torch.tensor([[True, True, True, False], [False, True, True, False], [False] * 4])
        expect_untouched(block.asking()(draw(3, 4, 6), key_keep=key_keep, causal=causal))


def check_gradients_reach_x_and_every_parameter(submission):
    """The gradients of x and of every parameter are those of the formula.
    x 和每个参数的梯度都与公式一致。"""
    state, x, weights = draw_state(6), draw(2, 4, 6), draw(2, 4, 6)
    key_keep = torch.tensor([[True, True, True, False], [True, False, True, True]])
    for causal in False, True:
        asking = make(submission, state, 3).asking(grad_of=[x], parameters=True, cotangent=weights)
        reply = asking(x, key_keep=key_keep, causal=causal)
        keep = keys_kept(x, key_keep, causal)

        def compute(x, *tensors, keep=keep):
            return reference(dict(zip(state, tensors, strict=True)), x, 3, keep)

        want_x, *want = gradients_of(compute, [x, *state.values()], weights)
        expect_gradients(reply, [want_x], ["x"], GRADIENT)
        for name, grad in zip(state, want, strict=True):
            expect_close(reply.parameter_grads.get(name), grad, GRADIENT, name=f"d/d{name}")


def check_calls_of_different_lengths_follow_one_another(submission):
    """Calls with any number of tokens follow one another.
    可以先后用不同长度的输入调用。"""
    state, lengths = draw_state(6), (3, 5, 2)
    block = make(submission, state, 3)
    for before, T in zip((0, *lengths), lengths, strict=False):
        x, looks = draw(2, T, 6), STALE.about(T=T, before=before)
        asking = block.asking(on_error=looks) if before else block.asking()
        expect_close(asking(x, causal=True).value, reference(state, x, 3, keys_kept(x, causal=True)), looks)


def check_the_values_are_right_for_every_size(submission):
    """Values are right for every size, with and without masks.
    各种尺寸下数值都正确，有无掩码皆然。"""
    for B, T, C, heads in (1, 1, 1, 1), (2, 4, 6, 3), (3, 5, 4, 1), (2, 2, 8, 4), (3, 3, 9, 3):
        state, x, looks = draw_state(C), draw(B, T, C), GENERAL.about(sizes=(B, T, C, heads))
        block = make(submission, state, heads)
        first, last = torch.rand(2, B, T) < 0.6
        first[:, 0], last[:, -1] = True, True  # a key is left for every query, with causal too
        for key_keep, causal in (None, False), (None, True), (first, True), (last, False):
            got = block(x, key_keep, causal)
            expect_close(got, reference(state, x, heads, keys_kept(x, key_keep, causal)), looks)
