"""The checks of cutting an image into patches and putting it together. Pixels are numbered, so each can be followed."""

import torch
from torch.nn.functional import conv2d, unfold

from attnquiz.judge.compare import (
    Looks,
    expect,
    expect_close,
    expect_equal,
    expect_gradients,
    expect_like,
    expect_raises,
    expect_untouched,
    gradients_of,
)

VIEWS_ARE_FINE = True
SIZES = [(1, 1, 1, 1, 1), (2, 3, 4, 6, 2), (2, 1, 9, 6, 3), (3, 4, 5, 10, 5), (2, 2, 3, 5, 1), (3, 3, 9, 9, 3)]

SHAPE = Looks(
    "patchify does not return a row of C·p·p numbers for each of the H·W / p² patches",
    "patchify 没有为 H·W / p² 个图像块各返回一行 C·p·p 个数",
    "Patches do not overlap, and tokens stand in the second dimension as in any sequence.",
    "图像块互不重叠；与任何序列一样，token 位于第二维。",
)
DIVISIBILITY = Looks(
    "an image of {height} x {width} is cut into patches of {p} without a {{kind}}",
    "{height} x {width} 的图像按 {p} 切块，却没有抛出 {{kind}}",
    "Where would the pixels at the edge go? Ask for both sides before anything is cut.",
    "边缘多出来的像素放到哪里？切之前先检查两条边。",
)
LAYOUT = Looks(
    "an image whose memory is laid out as {layout} does not come out right",
    "内存布局为 {layout} 的图像，结果不对",
    "view and as_strided rely on strides, which are not those of a contiguous image here: reshape copies if it has to.",
    "view 和 as_strided 依赖步长，而这里的步长与连续图像不同：reshape 会在必要时复制。",
)
TOKEN_LAYOUT = Looks(
    "tokens whose memory is laid out as {layout} are not put back right",
    "内存布局为 {layout} 的 token 没有正确放回",
    "view and as_strided rely on strides, which are not those of contiguous tokens here: reshape copies if it has to.",
    "view 和 as_strided 依赖步长，而这里的步长与连续的 token 不同：reshape 会在必要时复制。",
)
DTYPE = Looks(
    "the result is not in the dtype of the input",
    "结果的 dtype 与输入不同",
    "Moving pixels about needs no arithmetic.",
    "搬动像素不需要任何运算。",
)
PIXELS = Looks(
    "token {token} does not hold the pixels of its patch",
    "第 {token} 个 token 里装的不是它那一块的像素",
    "Number the pixels of the image and draw the patches into it. A reshape alone never cuts off a row in the middle.",
    "给图像的像素编号，再画出各个图像块。光靠 reshape，是没法在一行中间切开的。",
)
PLAIN = Looks(
    "tokens are pieces of whole rows: reshaping without a permute cuts no patches",
    "token 成了整行像素的片段：只 reshape 而不 permute，切不出图像块",
)
COLUMNS = Looks(
    "patches go down the columns: token 1 is the patch below the first instead of the one to its right",
    "图像块按列排序了：第 1 个 token 是首块下方的那块，而不是右边的那块",
    "When two dimensions are merged, the last one runs fastest: which of the two should that be here?",
    "两维合并时，后面那维变化最快：这里应该是哪一维？",
)
STRIDED = Looks(
    "a token holds every (H/p)-th row and (W/p)-th column instead of neighbours: (p, H/p) where (H/p, p) belongs",
    "token 装的是间隔 H/p 行、W/p 列的像素，而不是相邻的：该写 (H/p, p) 的地方写成了 (p, H/p)",
)
ORDER = Looks(
    "within a patch the order is not channel, row, column",
    "块内的顺序不是通道、行、列",
    "With a single patch nothing has to move: the token is the image, flattened.",
    "只有一块时什么都不用动：token 就是展平的图像。",
)
CHANNELS_LAST = Looks(
    "the channels come last within a patch, (p, p, C) instead of (C, p, p): a Conv2d's weights do not fit that",
    "块内的通道排在了最后：是 (p, p, C) 而不是 (C, p, p)，与 Conv2d 的权重对不上",
)
TRANSPOSED = Looks("rows and columns within a patch are exchanged", "块内的行与列颠倒了")
CONVOLUTION = Looks(
    "patchify(img, p) @ conv.weight.view(D, -1).T is not conv(img), the convolution with kernel and stride p",
    "patchify(img, p) @ conv.weight.view(D, -1).T 不等于 conv(img)，即核与步长都为 p 的卷积",
    "A token holds all channels of its patch: which dimensions must stand side by side before they become C·p·p?",
    "一个 token 要装下这一块的所有通道：哪几维必须先相邻，才能合成 C·p·p？",
)
CHANNELS_APART = Looks(
    "the channels of a patch are spread over several tokens: C still stands before the patches when it is reshaped",
    "同一块的各个通道散到了不同的 token 里：reshape 时 C 还排在图像块之前",
)
IMAGE_SHAPE = Looks(
    "unpatchify does not return (B, C, H, W) for an image of {height} x {width}",
    "对 {height} x {width} 的图像，unpatchify 返回的不是 (B, C, H, W)",
    "How many patches stand in a row, how many rows are there, and how many numbers of a token are channels?",
    "一行有几块？一共几行？一个 token 的数里有几个通道？",
)
BACK = Looks(
    "unpatchify does not put every pixel back",
    "unpatchify 没有把每个像素放回原处",
    "Go through the steps of patchify backwards, the inverse of each.",
    "把 patchify 的步骤倒过来，逐步求逆。",
)
BACK_PLAIN = Looks(
    "tokens are written one behind the other as if they were rows", "token 被当成整行，首尾相接地写了回去"
)
BACK_SWAPPED = Looks(
    "the grid of patches has W/p rows and H/p columns instead of the reverse",
    "图像块的网格成了 W/p 行、H/p 列，应该反过来",
)
BACK_TRANSPOSED = Looks("every patch is put back transposed", "每一块放回去时都被转置了")
BACK_CHANNELS = Looks(
    "a token is read as (p, p, C) instead of (C, p, p)", "token 被当成 (p, p, C) 读取，应为 (C, p, p)"
)
GRADIENT = Looks(
    "the gradient does not come back to where the pixel was",
    "梯度没有回到像素原来的位置",
    "No detach, no .data, no torch.no_grad, no copy through lists.",
    "不要用 detach、.data 和 torch.no_grad，也不要经过列表复制。",
)
GENERAL = Looks(
    "wrong for B, C, H, W, p = {sizes}",
    "B, C, H, W, p = {sizes} 时结果不对",
    "The first dimension is the batch: does every image keep its own pixels?",
    "第一维是批次：每张图像的像素都还在自己那里吗？",
)


def numbered(*shape, dtype=torch.float64):
    return torch.arange(torch.Size(shape).numel()).reshape(shape).to(dtype)


def patches(img, p):
    """The library's im2col."""
    return unfold(img, p, stride=p).mT.contiguous()


def image(tokens, p, H, W):
    """One patch at a time."""
    img = tokens.new_zeros(tokens.shape[0], tokens.shape[2] // (p * p), H, W)
    for number in range(tokens.shape[1]):
        row, column = divmod(number, W // p)
        patch = tokens[:, number].reshape(tokens.shape[0], -1, p, p)
        img[:, :, row * p : (row + 1) * p, column * p : (column + 1) * p] = patch
    return img


def grid(img, p, *order):
    """A way to reshape and permute: what a mistake in it gives."""
    B, C, H, W = img.shape
    return img.reshape(B, C, H // p, p, W // p, p).permute(order).reshape(B, -1, C * p * p)


def check_patchify_returns_a_row_per_patch(submission):
    """patchify returns (B, H·W / p², C·p·p).
    patchify 返回 (B, H·W / p², C·p·p)。"""
    img = numbered(5, 3, 4, 6)
    got = submission.asking(on_error=SHAPE).patchify(img, 2).value
    expect_like(got, torch.empty(5, 6, 12, dtype=got.dtype), SHAPE)


def check_unpatchify_returns_an_image_of_its_size(submission):
    """unpatchify returns (B, C, H, W), square or not, with any number of channels.
    unpatchify 返回 (B, C, H, W)，不必是正方形，通道数任意。"""
    for C, H, W in (3, 4, 4), (1, 4, 6), (5, 6, 2):
        tokens, looks = numbered(2, H * W // 4, C * 4), IMAGE_SHAPE.about(height=H, width=W)
        got = submission.asking(on_error=looks).unpatchify(tokens, 2, H, W).value
        expect_like(got, torch.empty(2, C, H, W, dtype=got.dtype), looks)


def check_patches_that_do_not_divide_the_image_are_refused(submission):
    """patchify raises ValueError if p does not divide H and W.
    p 不能整除 H 和 W 时，patchify 抛出 ValueError。"""
    for H, W, p in (4, 5, 2), (5, 4, 2), (3, 3, 2), (2, 2, 3):
        reply = submission.asking(may_raise=True, any_kind=True).patchify(numbered(1, 2, H, W), p)
        expect_raises(reply, "ValueError", DIVISIBILITY.about(height=H, width=W, p=p))


def check_the_dtype_is_kept(submission):
    """The result has the dtype of the input.
    结果的 dtype 与输入相同。"""
    for dtype in torch.float32, torch.float64:
        img = numbered(2, 3, 4, 6, dtype=dtype)
        expect_like(submission.patchify(img, 2), patches(img, 2), DTYPE)
        expect_like(submission.unpatchify(patches(img, 2), 2, 4, 6), img, DTYPE)


def check_a_pixel_lands_in_its_patch_and_in_no_other(submission):
    """A token holds the pixels of its patch, and patches go row by row.
    一个 token 恰好装着它那一块的像素，图像块逐行排列。"""
    for H, W, p in (2, 3, 1), (2, 4, 2), (4, 4, 2), (4, 6, 2), (6, 3, 3):
        img = numbered(1, 1, H, W)
        want, rows = patches(img, p), img.reshape(1, -1, p * p)
        columns = grid(img, p, 0, 4, 2, 1, 3, 5)
        strided = img.reshape(1, p, H // p, p, W // p).permute(0, 2, 4, 1, 3).reshape(1, -1, p * p)
        got = submission.patchify(img, p)
        expect_like(got, want, SHAPE)
        mistakes = [(PLAIN, rows), (COLUMNS, columns), (STRIDED, strided)]
        known = next((looks for looks, wrong in mistakes if torch.equal(wrong, got)), None)
        for token in range(got.shape[1]):
            holds, belongs = (sorted(map(int, tokens[0, token].tolist())) for tokens in (got, want))
            line = f"pixels expected: {belongs}, got: {holds}", f"期望的像素：{belongs}，得到：{holds}"
            expect(holds == belongs, named(known, PIXELS.about(token=token)), line)


def named(known, looks):
    """The mistake that was recognised, with the question of the general one."""
    if known is None:
        return looks
    return known if known.think_en else Looks(known.en, known.zh, looks.think_en, looks.think_zh)


def check_a_patch_is_read_channel_by_channel_and_row_by_row(submission):
    """Within a patch the order is channel, row, column: a single patch is the image, flattened.
    块内按通道、行、列排列：只有一块时，token 就是展平的图像。"""
    for C, p in (1, 2), (3, 2), (2, 3):
        img = numbered(1, C, p, p)
        suspects = [
            (CHANNELS_LAST, img.permute(0, 2, 3, 1).reshape(1, 1, -1)),
            (TRANSPOSED, img.mT.reshape(1, 1, -1)),
        ]
        expect_close(submission.patchify(img, p), img.reshape(1, 1, -1), ORDER, suspects=suspects)


def check_it_is_a_convolution_with_kernel_and_stride_p(submission):
    """patchify(img, p) @ conv.weight.view(D, -1).T is Conv2d with kernel and stride p.
    patchify(img, p) @ conv.weight.view(D, -1).T 就是核与步长都为 p 的 Conv2d。"""
    for C, H, W, p in (2, 1, 2, 1), (2, 2, 4, 2), (3, 4, 6, 2):
        img = torch.randn(1, C, H, W, dtype=torch.float64)
        weight = torch.randn(5, C, p, p, dtype=torch.float64)
        got = submission.patchify(img, p)
        expect_like(got, patches(img, p), SHAPE)
        apart = img.reshape(1, C, H // p, p, W // p, p).permute(0, 1, 2, 4, 3, 5).reshape(1, -1, C * p * p)
        matrix = weight.view(5, -1).T
        want = conv2d(img, weight, stride=p).flatten(2).mT
        expect_close(got @ matrix, want, CONVOLUTION, suspects=[(CHANNELS_APART, apart @ matrix)], name="product")


def check_unpatchify_puts_every_pixel_back(submission):
    """unpatchify puts every pixel back to where patchify took it from.
    unpatchify 把每个像素放回 patchify 取走它的地方。"""
    for C, H, W, p in (1, 2, 3, 1), (1, 2, 2, 2), (3, 2, 2, 2), (1, 4, 2, 2), (1, 2, 4, 2), (2, 4, 6, 2):
        tokens = numbered(1, H * W // (p * p), C * p * p)
        boxes = tokens.reshape(1, H // p, W // p, C, p, p)
        swapped = tokens.reshape(1, W // p, H // p, C, p, p)
        last = tokens.reshape(1, H // p, W // p, p, p, C)
        suspects = [
            (BACK_PLAIN, tokens.reshape(1, C, H, W)),
            (BACK_TRANSPOSED, boxes.permute(0, 3, 1, 5, 2, 4).reshape(1, C, H, W)),
            (BACK_CHANNELS, last.permute(0, 5, 1, 3, 2, 4).reshape(1, C, H, W)),
            (BACK_SWAPPED, swapped.permute(0, 3, 2, 4, 1, 5).reshape(1, C, H, W)),
            (BACK_SWAPPED, swapped.permute(0, 3, 1, 4, 2, 5).reshape(1, C, H, W)),
        ]
        expect_close(submission.unpatchify(tokens, p, H, W), image(tokens, p, H, W), BACK, suspects=suspects)


def check_the_layout_of_memory_does_not_matter(submission):
    """Images and tokens need not be contiguous: channels_last, transposed, a view of something larger.
    图像和 token 在内存中不必连续：可以是 channels_last，可以是转置，也可以是更大张量的视图。"""
    layouts = {
        "channels_last": numbered(1, 3, 4, 6).to(memory_format=torch.channels_last),
        "x.mT": numbered(1, 3, 6, 4).mT,
        "x[:, :, 1:, 1:7]": numbered(1, 3, 5, 8)[:, :, 1:, 1:7],
    }
    for layout, img in layouts.items():
        looks = LAYOUT.about(layout=layout)
        got = submission.asking(on_error=looks).patchify(img, 2).value
        expect_equal(got, patches(img, 2), looks)
    for layout, tokens in {"x.mT": numbered(2, 12, 6).mT, "x[:, 1:]": numbered(2, 7, 12)[:, 1:]}.items():
        looks = TOKEN_LAYOUT.about(layout=layout)
        got = submission.asking(on_error=looks).unpatchify(tokens, 2, 4, 6).value
        expect_equal(got, image(tokens, 2, 4, 6), looks)


def check_the_inputs_stay_as_they_were(submission):
    """The inputs stay as they were.
    输入保持原样。"""
    img = numbered(2, 3, 4, 6)
    expect_untouched(submission.asking().patchify(img, 2))
    expect_untouched(submission.asking().unpatchify(patches(img, 2), 2, 4, 6))


def check_gradients_find_their_way_back(submission):
    """The gradient of a pixel comes back to its place.
    每个像素的梯度都回到原来的位置。"""
    img, weights = numbered(1, 2, 2, 4), numbered(1, 2, 8)
    reply = submission.asking(grad_of=[img], cotangent=weights).patchify(img, 2)
    expect_gradients(reply, gradients_of(lambda img: patches(img, 2), [img], weights), ["img"], GRADIENT)
    tokens, weights = numbered(1, 2, 8), numbered(1, 2, 2, 4)
    reply = submission.asking(grad_of=[tokens], cotangent=weights).unpatchify(tokens, 2, 2, 4)
    want = gradients_of(lambda tokens: image(tokens, 2, 2, 4), [tokens], weights)
    expect_gradients(reply, want, ["tokens"], GRADIENT)


def check_every_size_comes_out_right(submission):
    """Right for every size, every image of a batch, both ways.
    各种尺寸、批次中每张图像、两个方向都正确。"""
    for B, C, H, W, p in SIZES:
        looks = GENERAL.about(sizes=(B, C, H, W, p))
        img = numbered(B, C, H, W)
        expect_equal(submission.patchify(img, p), patches(img, p), looks)
        tokens = numbered(B, H * W // (p * p), C * p * p)
        expect_equal(submission.unpatchify(tokens, p, H, W), image(tokens, p, H, W), looks)
