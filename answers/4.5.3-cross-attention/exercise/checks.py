"""The checks of cross-attention. Weights are drawn here and loaded into the submission's submodules."""

import torch
from torch import Tensor

from attnquiz.judge.compare import (
    Looks,
    expect,
    expect_close,
    expect_gradients,
    expect_untouched,
    gradients_of,
)

RETURNS = {"CrossAttention.project": (Tensor, Tensor)}
C, M, HEADS = 4, 5, 2  # d_model, d_mem, and heads of width 2
STEPS = 4

KEYS_AND_VALUES = Looks(
    "project does not return keys and values by head, (B, H, S, D)",
    "project 返回的不是按头拆好的键和值 (B, H, S, D)",
    "Follow channel 0 of memory token 1: which half of kv, which head?",
    "跟着第 1 个 memory token 的第 0 个通道走：它在 kv 的哪一半、哪个头？",
)
SWAPPED = Looks(
    "the keys are the second half of kv's outputs instead of the first", "键取了 kv 输出的后一半，而不是前一半"
)
PAIRED = Looks(
    "keys and values are cut from every head's channels (H, 2, D) instead of from halves (2, H, D)",
    "键和值是在每个头内部按 (H, 2, D) 切的，而不是按 (2, H, D) 切成两半",
)
SPLIT_TOKENS = Looks(
    "view(B, H, S, D) without a transpose: a head gets some of the tokens instead of some of the channels",
    "直接 view(B, H, S, D) 而没有转置：每个头分到的是一部分 token，而不是一部分通道",
)
SCALED_KEYS = Looks(
    "project returns keys that are scaled already",
    "project 返回的键已经缩放过了",
    "The scale belongs to the scores.",
    "缩放应该作用在分数上。",
)
LONE = Looks(
    "with a single memory token a query does not get out(v): its only weight is 1",
    "memory 只有一个 token 时，查询得到的不是 out(v)：它唯一的权重是 1",
    "With S = 1 neither scale nor scores matter: what is left between v and the result?",
    "S = 1 时缩放和分数都不起作用：v 与结果之间还剩哪一步？",
)
RESIDUAL = Looks(
    "x is added to the result: the residual connection belongs to the layer around it",
    "结果里加上了 x：残差连接应该由外面的层来做",
)
NO_OUT = Looks("the projection `out` is not applied", "没有经过输出投影 `out`")
KEYS_AS_VALUES = Looks("the weights average the keys instead of the values", "加权求和的是键，而不是值")
OVER_QUERIES = Looks("the softmax runs over the queries instead of the keys", "softmax 沿查询那一维做了，而不是键")
WHOLE_MEMORY = Looks(
    "with equal weights everywhere a query does not get the mean of all values",
    "权重处处相等时，查询得到的不是所有值的平均",
    "Which memory tokens take part, and where do the channels of a head end up?",
    "哪些 memory token 参与了？每个头的通道最后放到了哪里？",
)
CAUSAL = Looks(
    "a causal mask hides part of the memory",
    "因果掩码遮住了 memory 的一部分",
    "The source is known as a whole before the first token is written.",
    "在写出第一个 token 之前，源句就已经完整了。",
)
MERGED_TOKENS = Looks(
    "the heads are merged without bringing H next to D: the tokens are mixed",
    "合并时没有先让 H 与 D 相邻：不同的 token 混在了一起",
)
SCALE = Looks(
    "the weights are not softmax(q·k/√D) in every head, D its width",
    "权重不是每个头里的 softmax(q·k/√D)（D 是头的宽度）",
    "Is a query compared with the keys of its own head? How many terms does that dot product have?",
    "查询是与自己那个头的键比较的吗？一次点积是多少项之和？",
)
QUERY_SPLIT = Looks(
    "the queries are cut into heads in another way than the keys: (D, H) instead of (H, D)",
    "查询拆成多头的方式与键不同：用了 (D, H)，而不是 (H, D)",
)
FIRST_HEAD = Looks(
    "every head of the queries is compared with the keys of head 0", "每个头的查询都在与第 0 个头的键比较"
)
RANDOM = Looks(
    "the same call gives different results: something is drawn at random",
    "同样的调用结果不同：里面有随机的东西",
    "Is there a dropout? The layer around this module has its own.",
    "是不是用了 dropout？外面的层自己会做。",
)
NO_SCALE = Looks("the scores are not divided by √D at all", "分数完全没有除以 √D")
SCALE_D = Looks("the scores are divided by D instead of √D", "分数除以了 D，而不是 √D")
SCALE_MODEL = Looks("the scores are divided by √d_model instead of √D", "分数除以了 √d_model，而不是 √D")
SCALE_MEMORY = Looks("the scores are divided by √d_mem instead of √D", "分数除以了 √d_mem，而不是 √D")
NO_SCORES = Looks(
    "every memory token has the same weight: the query plays no part",
    "每个 memory token 的权重都一样：查询没有起作用",
)
QUERIES_MIXED = Looks(
    "output {out} changes when query {token} does",
    "第 {token} 个查询一变，第 {out} 个输出也跟着变",
    "Where do queries meet: in a mean, in a softmax, in a split?",
    "查询之间在哪里相遇了：求平均、softmax，还是拆分多头？",
)
ORDER = Looks(
    "the result changes when the memory tokens change places",
    "memory 的 token 换个顺序，结果就变了",
    "What looks at places: is there a causal mask?",
    "哪一步与位置有关？是不是有因果掩码？",
)
PADDING = Looks(
    "memory_keep does not hide exactly the keys where it is False",
    "memory_keep 屏蔽的不恰好是值为 False 的键",
    "A hidden key weighs 0 and the others add up to 1; how does (B, S) fit the scores, (B, H, T, S)?",
    "被屏蔽的键权重为 0，其余之和为 1；(B, S) 怎样与分数的 (B, H, T, S) 对齐？",
)
INVERTED = Looks(
    "boolean mask read the other way round: real tokens are masked", "布尔掩码的含义弄反了：被屏蔽的是真实 token"
)
QUERY_AXIS = Looks("the mask lies on the queries instead of the keys", "掩码加在了查询那一维，而不是键")
PADDING_READ = Looks("padding is read: memory_keep has no effect", "填充也被读了：memory_keep 没有起作用")
MASK_LATE = Looks(
    "the mask comes after the softmax: the weights that are left do not add up to 1",
    "掩码加在 softmax 之后：剩下的权重之和不是 1",
)
ZERO_SCORES = Looks(
    "a hidden score is made 0, which is a score like any other", "被屏蔽的分数变成了 0，而 0 只是一个普通的分数"
)
MASK_ADDED = Looks(
    "the mask is added to the scores as 0 and 1, which hides nothing", "掩码以 0 和 1 加到了分数上，什么也没有屏蔽"
)
BY_HEAD = Looks(
    "sample b's mask is applied to head b of every sample: a mask (B, 1, S) is broadcast from the right",
    "第 b 个样本的掩码加到了每个样本的第 b 个头上：(B, 1, S) 的掩码是从右边对齐广播的",
)
FIRST_SAMPLE = Looks("the mask of the first sample is applied to all", "所有样本用的都是第一个样本的掩码")
NOTHING_LEFT = Looks(
    "a sample whose memory is all padding does not get the bias of out",
    "memory 全是填充的样本，输出不是 out 的偏置",
    "What does the softmax make of a row that is masked throughout?",
    "整行都被屏蔽时，softmax 会得到什么？",
)
NOTHING_LEFT_NAN = Looks("NaN for a sample whose memory is all padding", "memory 全是填充的样本得到了 NaN")
NOTHING_LEFT_MEAN = Looks(
    "a sample whose memory is all padding gets the mean of its padding: the fill is finite",
    "memory 全是填充的样本得到了填充的平均：填充值是有限的",
)
NOTHING_LEFT_ZERO = Looks(
    "a sample whose memory is all padding gets zeros instead of the bias of out",
    "memory 全是填充的样本得到了零，而不是 out 的偏置",
    "What does `out` make of zeros?",
    "零经过 `out` 之后得到什么？",
)
NOTHING_LEFT_GRADIENT = Looks(
    "a gradient is not finite where the memory is all padding: d/d{name}",
    "memory 全是填充时，梯度 d/d{name} 不是有限值",
    "NaN times 0 is NaN, backwards too. Fill scores and weights before v: masked_fill stops it, adding -inf does not.",
    "NaN 乘 0 仍是 NaN，反向也一样。分数和权重都要在乘 v 之前填好：masked_fill 能拦住梯度，加 -inf 不能。",
)
KV = Looks(
    "the given kv is not what is attended to",
    "关注的不是给定的 kv",
    "Which line decides where k and v come from?",
    "k 和 v 从哪里来，是由哪一行决定的？",
)
KV_IGNORED = Looks("the given kv is ignored: memory is projected instead", "忽略了给定的 kv，又去投影了 memory")
KV_APPENDED = Looks(
    "the given kv is joined with the projected memory: it is the whole memory, not a past that grows",
    "把给定的 kv 和投影出的 memory 拼在了一起：kv 就是整个 memory，不是不断变长的历史",
)
KV_ALONE = Looks(
    "a given kv without memory is refused",
    "只给 kv、不给 memory 时出错",
    "What does forward still ask memory for?",
    "forward 里还有哪一步要用到 memory？",
)
PROJECTED = Looks(
    "self.kv is called although kv is given: {times} times in {steps} steps",
    "给了 kv 却还在调用 self.kv：{steps} 步里调用了 {times} 次",
    "The one projection was made before the first step.",
    "唯一的一次投影在第一步之前就做完了。",
)
WEIGHT_READ = Looks(
    "the result depends on the weights of self.kv although kv is given",
    "给了 kv，结果却还依赖 self.kv 的权重",
    "The one projection was made before the first step.",
    "唯一的一次投影在第一步之前就做完了。",
)
KV_PADDING = Looks(
    "with kv given, memory_keep is not applied as it should be",
    "给了 kv 时，memory_keep 没有正确起作用",
    "The padding is in the cached keys too.",
    "缓存的键里同样有填充。",
)
CHANGED = Looks(
    "an argument is changed: {name}",
    "传入的参数被改动了：{name}",
    "The next step is given the same tensors: which operation works in place?",
    "下一步还会传入同样的张量：哪一步是原地操作？",
)
REMEMBERED = Looks(
    "a call gets the memory of an earlier one",
    "这次调用用的是之前某次调用的 memory",
    "What does the module keep on self? The cache belongs to the caller.",
    "模块在 self 上留下了什么？缓存应该由调用者保管。",
)
GRADIENT = Looks(
    "the gradient is wrong",
    "梯度不对",
    "Does every step stay in the graph: no detach, no .data, no no_grad?",
    "每一步都留在计算图里了吗？有没有 detach、.data 或 no_grad？",
)
OVERFLOW = Looks(
    "scores of 1e4 are not survived",
    "分数达到 1e4 时结果出错",
    "exp(710) already overflows float64: what may be subtracted from every score of a row?",
    "float64 下 exp(710) 就会溢出：每一行的分数可以同时减去什么？",
)
GENERAL = Looks(
    "the values are wrong for B, T, S, d_model, d_mem, heads = {sizes}",
    "B, T, S, d_model, d_mem, heads = {sizes} 时数值不对",
    "Which sizes are equal here, or 1?",
    "这里哪些尺寸相等，或者等于 1？",
)


def draw_state(width=C, memory_width=M):
    shapes = {
        "q.weight": (width, width),
        "q.bias": (width,),
        "kv.weight": (2 * width, memory_width),
        "kv.bias": (2 * width,),
        "out.weight": (width, width),
        "out.bias": (width,),
    }
    return {name: torch.randn(shape, dtype=torch.float64) * 0.45 for name, shape in shapes.items()}


def draw(*shape):
    return torch.randn(shape, dtype=torch.float64)


def by_channels(x, heads):
    return torch.stack(x.chunk(heads, dim=2), dim=1)  # (B, H, T, D)


def by_tokens(x, heads):
    return x.reshape(x.shape[0], heads, x.shape[1], -1)


def side_by_side(x):
    return torch.cat(x.unbind(1), dim=2)


def mixed(x):
    return x.reshape(x.shape[0], x.shape[2], -1)


def linear(state, name, x):
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def keys_and_values(state, memory, heads=HEADS, split=by_channels):
    return tuple(split(part, heads) for part in linear(state, "kv", memory).chunk(2, dim=-1))


def merged(
    state, x, kv, keep=None, *, merge=side_by_side, scale=None, over=-1, empty=0.0, scores_times=1, plus=0, times=1
):
    """What `out` is given; the keywords are typical mistakes. `empty` is the weight where no key is left."""
    k, v = kv
    q = by_channels(linear(state, "q", x), k.shape[1])
    logits = q @ k.mT * (q.shape[-1] ** -0.5 if scale is None else scale)
    logits = logits * scores_times + plus
    keep = torch.ones_like(logits, dtype=torch.bool) if keep is None else keep.expand_as(logits)
    attn = logits.masked_fill(~keep, float("-inf")).softmax(over) * times
    return merge(torch.where(keep.any(over, keepdim=True), attn, empty) @ v)


def reference(state, x, kv, keep=None, **mistakes):
    return linear(state, "out", merged(state, x, kv, keep, **mistakes))


def on_keys(memory_keep):
    return memory_keep[:, None, None, :]


def tril(queries, keys, diagonal):
    return torch.ones(queries, keys, dtype=torch.bool).tril(diagonal)


def make(submission, state, heads=HEADS):
    width, memory_width = state["out.bias"].shape[0], state["kv.weight"].shape[1]
    return submission.CrossAttention(width, memory_width, heads).load(state).eval()


def check_project_returns_keys_and_values_by_head(submission):
    """project returns the two halves of kv(memory), keys and values, cut into heads.
    project 返回 kv(memory) 的两半，即键和值，并拆成多头。"""
    for width, memory_width in (2, 3), (C, M):  # heads of width 1, that can be read, and then of width 2
        state, memory = draw_state(width, memory_width), draw(1, 3, memory_width)
        k, v = keys_and_values(state, memory)
        pairs = linear(state, "kv", memory).unflatten(2, (HEADS, 2, -1)).permute(3, 0, 2, 1, 4)
        wrong = [
            (SWAPPED, (v, k)),
            (SPLIT_TOKENS, keys_and_values(state, memory, split=by_tokens)),
            (PAIRED, pairs),
            (SCALED_KEYS, (k * k.shape[-1] ** -0.5, v)),
        ]
        got = make(submission, state).project(memory)
        for number, (name, want) in enumerate({"k": k, "v": v}.items()):
            suspects = [(looks, values[number]) for looks, values in wrong]
            expect_close(got[number], want, KEYS_AND_VALUES, suspects=suspects, name=name)


def check_nothing_is_drawn_at_random(submission):
    """There is no dropout, in training neither.
    没有 dropout，训练模式下也没有。"""
    state, x, memory = draw_state(), draw(1, 40, C), draw(1, 3, M)
    block = make(submission, state).train()
    first, second = (block.asking(seed=seed, may_raise=True)(x, memory) for seed in (1, 2))
    if not (first.raised or second.raised):  # an error is for the next check, in a smaller case
        expect(torch.allclose(first.value, second.value, equal_nan=True), RANDOM)


def check_a_lone_memory_token_gives_its_own_value(submission):
    """With one memory token a query gets out(v), and nothing else is added.
    memory 只有一个 token 时，查询得到 out(v)，没有加上别的东西。"""
    state, x, memory = draw_state(), draw(1, 1, C), draw(1, 1, M)
    k, v = keys_and_values(state, memory)
    want = reference(state, x, (k, v))
    suspects = [
        (RESIDUAL, want + x),
        (NO_OUT, merged(state, x, (k, v))),
        (KEYS_AS_VALUES, reference(state, x, (k, k))),
    ]
    expect_close(make(submission, state)(x, memory), want, LONE, suspects=suspects)


def check_every_query_reads_the_whole_memory(submission):
    """With equal weights every query gets the mean of all values: nothing of the memory is hidden.
    权重相等时，每个查询得到所有值的平均：memory 没有任何部分被遮住。"""
    state, x, memory = draw_state(), draw(1, 2, C), draw(1, 3, M)
    state["q.weight"].zero_(), state["q.bias"].zero_()
    kv = keys_and_values(state, memory)
    suspects = [
        (MERGED_TOKENS, reference(state, x, kv, merge=mixed)),
        (OVER_QUERIES, reference(state, x, kv, over=-2)),
        *((CAUSAL, reference(state, x, kv, tril(2, 3, diagonal))) for diagonal in (0, 1)),
    ]
    expect_close(make(submission, state)(x, memory), reference(state, x, kv), WHOLE_MEMORY, suspects=suspects)


def check_scores_are_divided_by_the_root_of_the_head_width(submission):
    """A memory token weighs by its score with the query, divided by √D, D the width of a head.
    memory token 的权重取决于它与查询的分数，分数除以 √D，D 是每个头的宽度。"""
    state, x, memory = draw_state(6), draw(1, 1, 6), draw(1, 2, M)
    kv = keys_and_values(state, memory)
    scales = {NO_SCALE: 1.0, SCALE_MODEL: 6**-0.5, SCALE_MEMORY: M**-0.5, SCALE_D: 1 / 3, NO_SCORES: 0.0}
    suspects = [(looks, reference(state, x, kv, scale=scale)) for looks, scale in scales.items()]
    places = torch.arange(6).view(3, 2).T.flatten()  # the channels as (D, H) brings them to the heads
    other = state | {name: state[name][places] for name in ("q.weight", "q.bias")}
    suspects.append((QUERY_SPLIT, reference(other, x, kv)))
    suspects.append((FIRST_HEAD, reference(state, x, (kv[0][:, :1].expand_as(kv[0]), kv[1]))))
    expect_close(make(submission, state)(x, memory), reference(state, x, kv), SCALE, suspects=suspects)


def check_an_output_depends_on_no_other_query(submission):
    """An output depends on its own query and on no other.
    每个输出只依赖自己的查询，与别的查询无关。"""
    state, x, memory = draw_state(), draw(1, 3, C), draw(1, 2, M)
    block = make(submission, state)
    before = block(x, memory)
    for token in range(3):
        changed = x.clone()
        changed[:, token] = draw(C)
        moved = (block(changed, memory) - before)[0].abs().amax(-1) > 1e-9
        moved[token] = False
        expect(not moved.any(), QUERIES_MIXED.about(out=int(moved.int().argmax()), token=token))


def check_the_order_of_the_memory_does_not_matter(submission):
    """The result stays the same when the memory tokens change places.
    memory 的 token 交换位置，结果不变。"""
    state, x, memory = draw_state(), draw(1, 3, C), draw(1, 3, M)
    block = make(submission, state)
    expect_close(block(x, memory[:, [2, 0, 1]]), block(x, memory), ORDER)


def check_false_in_memory_keep_hides_a_key(submission):
    """memory_keep hides the keys where it is False, sample by sample, from every head and every query.
    memory_keep 为 False 的键，在各自的样本里对所有头和所有查询都不可见。"""
    cases = [(3, [[True, True, False]]), (2, [[True, False, True], [False, True, True]])]
    for queries, keep in cases:
        memory_keep = torch.tensor(keep)
        samples = len(keep)
        state, x, memory = draw_state(), draw(samples, queries, C), draw(samples, 3, M)
        kv = keys_and_values(state, memory)
        suspects = [
            (PADDING_READ, reference(state, x, kv)),
            (INVERTED, reference(state, x, kv, on_keys(~memory_keep))),
        ]
        mistakes = (MASK_LATE, "times"), (ZERO_SCORES, "scores_times"), (MASK_ADDED, "plus")
        suspects += [(looks, reference(state, x, kv, **{name: on_keys(memory_keep)})) for looks, name in mistakes]
        if queries == 3:
            on_queries = memory_keep[:, None, :, None]
            weights = (0.0, 1 / 3, torch.nan)
            suspects += [(QUERY_AXIS, reference(state, x, kv, on_queries, empty=empty)) for empty in weights]
        else:
            suspects += [
                (FIRST_SAMPLE, reference(state, x, kv, on_keys(memory_keep[:1]))),
                (BY_HEAD, reference(state, x, kv, memory_keep[:, None])),
            ]
        got = make(submission, state).asking(on_error=PADDING)(x, memory, memory_keep=memory_keep).value
        expect_close(got, reference(state, x, kv, on_keys(memory_keep)), PADDING, suspects=suspects)


def check_a_memory_of_padding_alone_gives_the_bias_of_out(submission):
    """Where the memory is all padding the result is the bias of out, and gradients are finite.
    memory 全是填充时，输出是 out 的偏置，梯度有限。"""
    state, x, memory = draw_state(), draw(2, 1, C), draw(2, 3, M)
    memory_keep = torch.tensor([[True, False, True], [False, False, False]])
    kv, keep = keys_and_values(state, memory), on_keys(memory_keep)
    want = reference(state, x, kv, keep)
    zeros = want.clone()
    zeros[1] = 0
    suspects = [
        (NOTHING_LEFT_NAN, reference(state, x, kv, keep, empty=torch.nan)),
        (NOTHING_LEFT_MEAN, reference(state, x, kv, keep, empty=1 / 3)),
        (NOTHING_LEFT_ZERO, zeros),
    ]
    asking = make(submission, state).asking(grad_of=[x, memory], parameters=True, cotangent=draw(2, 1, C))
    reply = asking(x, memory, memory_keep=memory_keep)
    expect_close(reply.value, want, NOTHING_LEFT, suspects=suspects)
    for name, grad in {"x": reply.grads[0], "memory": reply.grads[1], **reply.parameter_grads}.items():
        expect(grad is None or bool(grad.isfinite().all()), NOTHING_LEFT_GRADIENT.about(name=name))


def check_given_keys_and_values_are_used(submission):
    """A given kv is used, with and without memory beside it.
    给了 kv 就用它，不管有没有同时给 memory。"""
    state, x, memory, another = draw_state(), draw(1, 2, C), draw(1, 3, M), draw(1, 3, M)
    kv, given = keys_and_values(state, memory), keys_and_values(state, another)
    both = tuple(torch.cat(parts, dim=2) for parts in zip(given, kv, strict=True))
    suspects = [(KV_IGNORED, reference(state, x, kv)), (KV_APPENDED, reference(state, x, both))]
    block = make(submission, state)
    expect_close(block(x, memory, kv=given), reference(state, x, given), KV, suspects=suspects)
    alone = block.asking(on_error=KV_ALONE)(x, kv=given).value
    expect_close(alone, reference(state, x, given), KV)


def check_the_memory_is_projected_once_for_all_steps(submission):
    """One projection serves all steps of decoding: with kv given self.kv is not called.
    一次投影供所有解码步使用：给了 kv 就不再调用 self.kv。"""
    state, x, memory = draw_state(), draw(1, STEPS, C), draw(1, 3, M)
    block = make(submission, state)
    kv = block.project(memory)
    want = reference(state, x, kv)
    blinded = {name: torch.full_like(state[name], torch.nan) for name in ("kv.weight", "kv.bias")}
    block.load(state | blinded)
    replies = [block.asking()(x[:, [step]], memory, kv=kv) for step in range(STEPS)]
    times = sum(reply.calls.get("kv", 0) for reply in replies)
    expect(not times, PROJECTED.about(times=times, steps=STEPS))
    for step, reply in enumerate(replies):
        expect_close(reply.value, want[:, [step]], WEIGHT_READ)


def check_memory_keep_counts_for_given_keys_and_values(submission):
    """memory_keep hides keys of a given kv as well.
    memory_keep 对给定的 kv 同样有效。"""
    state, x, memory = draw_state(), draw(1, 2, C), draw(1, 3, M)
    kv, memory_keep = keys_and_values(state, memory), torch.tensor([[True, False, True]])
    suspects = [(PADDING_READ, reference(state, x, kv))]
    got = make(submission, state)(x, memory_keep=memory_keep, kv=kv)
    expect_close(got, reference(state, x, kv, on_keys(memory_keep)), KV_PADDING, suspects=suspects)


def check_the_arguments_stay_as_they_were(submission):
    """x, memory, memory_keep and the given kv stay as they were.
    x、memory、memory_keep 和给定的 kv 都保持原样。"""
    state, x, memory = draw_state(), draw(2, 2, C), draw(2, 3, M)
    memory_keep = torch.tensor([[True, False, True], [False, False, False]])
    block, kv = make(submission, state), keys_and_values(state, memory)
    expect_untouched(block.asking().project(memory), CHANGED)
    for options in {}, {"memory_keep": memory_keep}:
        expect_untouched(block.asking()(x, memory, **options), CHANGED)
        expect_untouched(block.asking()(x, kv=kv, **options), CHANGED)


def check_a_call_knows_nothing_of_earlier_ones(submission):
    """A call uses the memory that it is given, whatever was called before.
    每次调用用的都是这次给的 memory，与之前的调用无关。"""
    state, x, first, second = draw_state(), draw(1, 2, C), draw(1, 3, M), draw(1, 3, M)
    block = make(submission, state)
    block(x, first)
    block(x, kv=block.project(first))
    expect_close(block(x, second), reference(state, x, keys_and_values(state, second)), REMEMBERED)


def check_gradients_reach_x_the_memory_and_every_parameter(submission):
    """The gradients of x, of the memory or the given k and v, and of every parameter are those of the formula.
    x、memory（或给定的 k、v）和每个参数的梯度都与公式一致。"""
    state, x, memory, weights = draw_state(), draw(2, 3, C), draw(2, 4, M), draw(2, 3, C)
    memory_keep = torch.tensor([[True, True, True, False], [True, False, True, True]])

    def compute(x, memory, *tensors):
        parameters = dict(zip(state, tensors, strict=True))
        return reference(parameters, x, keys_and_values(parameters, memory), on_keys(memory_keep))

    block = make(submission, state)
    want_x, want_memory, *want = gradients_of(compute, [x, memory, *state.values()], weights)
    asking = block.asking(grad_of=[x, memory], parameters=True, cotangent=weights)
    reply = asking(x, memory, memory_keep=memory_keep)
    expect_gradients(reply, [want_x, want_memory], ["x", "memory"], GRADIENT)
    for name, grad in zip(state, want, strict=True):
        expect_close(reply.parameter_grads.get(name), grad, GRADIENT, name=f"d/d{name}")

    inputs = [x, *keys_and_values(state, memory)]
    want = gradients_of(lambda x, *kv: reference(state, x, kv), inputs, weights)
    reply = block.asking(grad_of=inputs, cotangent=weights)(x, kv=tuple(inputs[1:]))
    expect_gradients(reply, want, "xkv", GRADIENT)

    weights = [draw(2, HEADS, 4, C // HEADS) for _ in "kv"]
    want = gradients_of(lambda memory: keys_and_values(state, memory), [memory], weights)
    reply = block.asking(grad_of=[memory], cotangent=weights).project(memory)
    expect_gradients(reply, want, ["memory"], GRADIENT)


def check_scores_of_1e4_are_survived(submission):
    """Scores of 1e4 and -1e4 give finite and right results.
    分数达到 1e4 和 -1e4 时，结果有限且正确。"""
    state, x, memory = draw_state(), 150 * draw(1, 2, C), 150 * draw(1, 3, M)
    got = make(submission, state)(x, memory)
    expect_close(got, reference(state, x, keys_and_values(state, memory)), OVERFLOW)


def check_the_values_are_right_for_every_size(submission):
    """Values are right for every size, with and without padding, from memory and from kv.
    各种尺寸下数值都正确，有无填充、用 memory 还是用 kv 皆然。"""
    sizes = [(1, 1, 1, 1, 1, 1), (2, 4, 5, 6, 7, 3), (3, 5, 2, 4, 4, 1), (2, 2, 2, 8, 3, 4), (3, 3, 3, 9, 3, 3)]
    for B, T, S, width, memory_width, heads in sizes:
        looks = GENERAL.about(sizes=(B, T, S, width, memory_width, heads))
        state, x, memory = draw_state(width, memory_width), draw(B, T, width), draw(B, S, memory_width)
        block, kv = make(submission, state, heads), keys_and_values(state, memory, heads)
        memory_keep = torch.rand(B, S) < 0.6
        memory_keep[:, 0] = True
        want, hidden = reference(state, x, kv), reference(state, x, kv, on_keys(memory_keep))
        expect_close(block(x, memory), want, looks)
        expect_close(block(x, memory, memory_keep), hidden, looks)
        expect_close(block(x, None, memory_keep, kv), hidden, looks)
