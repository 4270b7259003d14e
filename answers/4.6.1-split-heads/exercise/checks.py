"""The checks of splitting and merging heads. Elements are numbered, so that each can be followed to its place."""

import torch

from attnquiz.judge.compare import (
    Looks,
    expect_close,
    expect_equal,
    expect_gradients,
    expect_like,
    expect_raises,
    expect_untouched,
    gradients_of,
)

VIEWS_ARE_FINE = True
SIZES = [(1, 1, 1, 1), (2, 3, 4, 5), (2, 3, 3, 2), (3, 4, 1, 6), (2, 5, 6, 1), (3, 3, 3, 3)]  # B, T, H, D

SPLIT_SHAPE = Looks(
    "split_heads does not return (B, H, T, D)",
    "split_heads 返回的不是 (B, H, T, D)",
    "Attention multiplies (T, D) by (D, T) in every head: which dimensions must come last?",
    "每个头里是 (T, D) 乘 (D, T)：最后两维应该是什么？",
)
MERGE_SHAPE = Looks(
    "merge_heads does not return (B, T, C)",
    "merge_heads 返回的不是 (B, T, C)",
    "Every token stays, and gets as many channels as its heads have together.",
    "token 一个不少，每个 token 的通道数是各个头之和。",
)
SPLIT = Looks(
    "a head does not hold its own channels of every token",
    "每个头拿到的不是每个 token 中属于它的通道",
    "Write down where channel 0 of token 1 lies before and after.",
    "写下第 1 个 token 的第 0 个通道在变换前后的位置。",
)
SPLIT_BY_TOKENS = Looks(
    "the heads share out the tokens, not the channels: view(B, H, T, D) cuts the sequence into pieces",
    "各个头分到的是 token 而不是通道：view(B, H, T, D) 切开的是序列",
)
STRIDED_CHANNELS = Looks(
    "a head holds every H-th channel instead of a block of neighbours: (D, H) where (H, D) belongs",
    "每个头拿到的是间隔 H 的通道，而不是相邻的一段：该写 (H, D) 的地方写成了 (D, H)",
)
TRANSPOSED_FIRST = Looks(
    "x is transposed first and then reshaped as if T still came before C: a head holds pieces of one channel",
    "先转置了 x，reshape 时却仍按 T 在 C 之前来切：每个头里是同一个通道的片段",
)
MERGE = Looks(
    "merge_heads does not put the channels of the heads side by side for every token",
    "merge_heads 没有把每个 token 在各个头里的通道并排放好",
    "Which two dimensions have to be neighbours before they can become one?",
    "哪两维必须先相邻，才能合成一维？",
)
MERGE_BY_TOKENS = Looks(
    "merge_heads does not bring H next to D before it reshapes: the tokens are mixed",
    "merge_heads 在 reshape 之前没有让 H 与 D 相邻：不同的 token 混在了一起",
)
INTERLACED = Looks(
    "the channels of the heads are interlaced: (D, H) where (H, D) belongs",
    "各个头的通道交错在一起：该写 (H, D) 的地方写成了 (D, H)",
)
STRIDES = Looks(
    "a non-contiguous input gives other values than its contiguous copy",
    "不连续的输入与它的连续副本结果不同",
    "Are strides computed by hand? Ask the tensor, or use reshape and transpose.",
    "步长是不是自己算的？应该问张量，或者用 reshape 和 transpose。",
)
LAYOUT = Looks(
    "not every layout of memory is accepted",
    "有的内存布局不被接受",
    "A transpose moves nothing, and view asks for one block of memory: what copies only when it has to?",
    "转置不搬动数据，而 view 要求内存连续：哪个函数只在必要时才复制？",
)
DIVISIBILITY = Looks(
    "{channels} channels are split into {heads} heads without a {{kind}}",
    "{channels} 个通道分给 {heads} 个头，却没有抛出 {{kind}}",
    "Where do the channels that are left over go?",
    "多出来的通道到哪里去了？",
)
DTYPE = Looks(
    "the result is not in the dtype of the input",
    "结果的 dtype 与输入不同",
    "Moving elements about needs no arithmetic.",
    "搬动元素不需要任何运算。",
)
GRADIENT = Looks(
    "the gradient does not come back to where the element was",
    "梯度没有回到元素原来的位置",
    "No detach, no .data, no copy through lists.",
    "不要用 detach、.data，也不要经过列表复制。",
)
GENERAL = Looks(
    "wrong for B, T, H, D = {sizes}",
    "B, T, H, D = {sizes} 时结果不对",
    "Which sizes are equal here, or 1?",
    "这里哪些尺寸相等，或者等于 1？",
)


def numbered(*shape, dtype=torch.float64):
    return torch.arange(torch.Size(shape).numel()).reshape(shape).to(dtype)


def split(x, heads):
    """One head at a time: its block of channels."""
    return torch.stack(x.chunk(heads, dim=2), dim=1)


def merge(x):
    return torch.cat(list(x.unbind(dim=1)), dim=2)


def check_split_heads_returns_a_head_per_row(submission):
    """split_heads returns (B, H, T, D).
    split_heads 返回 (B, H, T, D)。"""
    x = numbered(2, 4, 6)
    got = submission.asking(on_error=SPLIT_SHAPE).split_heads(x, 3).value
    expect_like(got, torch.empty(2, 3, 4, 2, dtype=got.dtype), SPLIT_SHAPE)


def check_merge_heads_returns_a_row_per_token(submission):
    """merge_heads returns (B, T, C).
    merge_heads 返回 (B, T, C)。"""
    x = numbered(2, 3, 4, 2)
    reply = submission.asking(may_raise=True).merge_heads(x)
    if reply.raised is None or "view" not in reply.raised.text():  # that is the next check's
        got = submission.asking(on_error=MERGE_SHAPE).merge_heads(x).value
        expect_like(got, torch.empty(2, 4, 6, dtype=got.dtype), MERGE_SHAPE)


def check_the_layout_of_memory_does_not_matter(submission):
    """Contiguous and non-contiguous inputs are accepted.
    输入在内存中连续与否都可以。"""
    asking = submission.asking(on_error=LAYOUT)
    for x in numbered(2, 4, 6), numbered(2, 6, 4).mT, numbered(4, 2, 6).transpose(0, 1):
        got = asking.split_heads(x, 3).value
        expect_like(got, split(x, 3).to(got.dtype), LAYOUT)
        expect_equal(got, submission.split_heads(x.contiguous(), 3), STRIDES)
    for x in numbered(2, 3, 4, 2), numbered(2, 4, 3, 2).transpose(1, 2), numbered(2, 3, 2, 4).mT:
        got = asking.merge_heads(x).value
        expect_like(got, merge(x).to(got.dtype), LAYOUT)
        expect_equal(got, submission.merge_heads(x.contiguous()), STRIDES)


def check_the_dtype_is_kept(submission):
    """The result has the dtype of the input.
    结果的 dtype 与输入相同。"""
    for dtype in torch.float16, torch.float32, torch.int64:
        x = numbered(2, 3, 4, dtype=dtype)
        expect_like(submission.split_heads(x, 2), split(x, 2), DTYPE)
        x = numbered(2, 3, 4, 5, dtype=dtype)
        expect_like(submission.merge_heads(x), merge(x), DTYPE)


def check_a_head_is_a_block_of_channels(submission):
    """Head h holds the channels h·D to (h+1)·D - 1 of every token.
    第 h 个头拿到每个 token 的第 h·D 到 (h+1)·D - 1 个通道。"""
    for B, T, H, D in (1, 2, 2, 2), (1, 2, 3, 2), (2, 4, 3, 2):
        x = numbered(B, T, H * D)
        suspects = [
            (SPLIT_BY_TOKENS, x.reshape(B, H, T, D)),
            (STRIDED_CHANNELS, x.reshape(B, T, D, H).permute(0, 3, 1, 2)),
            (TRANSPOSED_FIRST, x.mT.reshape(B, H, T, D)),
        ]
        expect_close(submission.split_heads(x, H), split(x, H), SPLIT, suspects=suspects)


def check_merging_puts_the_heads_side_by_side(submission):
    """merge_heads puts the heads' channels side by side for every token.
    merge_heads 把每个 token 在各个头里的通道并排放好。"""
    for B, H, T, D in (1, 2, 2, 1), (1, 2, 3, 2), (2, 3, 4, 2):
        x = numbered(B, H, T, D)
        suspects = [(MERGE_BY_TOKENS, x.reshape(B, T, H * D)), (INTERLACED, x.permute(0, 2, 3, 1).flatten(2))]
        expect_close(submission.merge_heads(x), merge(x), MERGE, suspects=suspects)


def check_heads_that_do_not_divide_are_refused(submission):
    """ValueError if the heads do not divide the channels.
    头数不能整除通道数时抛出 ValueError。"""
    for channels, heads in (6, 4), (5, 2), (2, 3):
        reply = submission.asking(may_raise=True).split_heads(numbered(2, 3, channels), heads)
        expect_raises(reply, "ValueError", DIVISIBILITY.about(channels=channels, heads=heads))


def check_the_inputs_stay_as_they_were(submission):
    """The inputs stay as they were.
    输入保持原样。"""
    expect_untouched(submission.asking().split_heads(numbered(2, 3, 4), 2))
    expect_untouched(submission.asking().merge_heads(numbered(2, 3, 4, 5)))


def check_gradients_find_their_way_back(submission):
    """The gradient of an element comes back to its place.
    每个元素的梯度都回到原来的位置。"""
    x, weights = numbered(2, 3, 4), numbered(2, 2, 3, 2)
    reply = submission.asking(grad_of=[x], cotangent=weights).split_heads(x, 2)
    expect_gradients(reply, gradients_of(lambda x: split(x, 2), [x], weights), "x", GRADIENT)
    x, weights = numbered(2, 2, 3, 2), numbered(2, 3, 4)
    reply = submission.asking(grad_of=[x], cotangent=weights).merge_heads(x)
    expect_gradients(reply, gradients_of(merge, [x], weights), "x", GRADIENT)


def check_every_size_comes_out_right(submission):
    """Right for every size, equal ones and 1 included.
    各种尺寸都正确，包括相等的和为 1 的。"""
    for B, T, H, D in SIZES:
        looks = GENERAL.about(sizes=(B, T, H, D))
        x = numbered(B, T, H * D)
        expect_equal(submission.split_heads(x, H), split(x, H), looks)
        x = numbered(B, H, T, D)
        expect_equal(submission.merge_heads(x), merge(x), looks)
