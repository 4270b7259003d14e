"""The checks of layer_norm, then of rms_norm, then of both. Float32 inside is allowed: no tolerance is below it."""

import torch

from attnquiz.judge.compare import (
    Looks,
    expect_close,
    expect_gradients,
    expect_like,
    expect_untouched,
    gradients_of,
)

TOL = 1e-5
HALVES = torch.float16, torch.bfloat16
# Few numbers, and so many that their sum overflows too.
NARROW = [(dtype, tol, copies) for copies in (1, 256) for dtype, tol in zip(HALVES, (4e-3, 1e-2), strict=True)]

DTYPE = Looks(
    "the result of {name} is not in the dtype of x",
    "{name} 的结果与 x 的 dtype 不同",
    "What was cast on the way has to be cast back.",
    "中途转换过的 dtype 要转换回来。",
)
NOT_CENTRED = Looks(
    "adding 10 to every entry changes the result: the mean is not subtracted",
    "每个分量都加 10，结果就变了：没有减去均值",
    "Is the mean subtracted in the numerator, too?",
    "分子里也减去均值了吗？",
)
NOT_SCALED = Looks(
    "making x three times as large changes the result",
    "x 放大三倍，结果就变了",
    "By what power of x's size has the centred vector to be divided?",
    "减去均值之后，应该除以 x 尺度的几次方？",
)
NO_ROOT = Looks(
    "the result shrinks as x grows: it is divided by the variance, without the root",
    "x 越大结果越小：除以的是方差，没有开根号",
)
NOT_DIVIDED = Looks("the result grows with x: it is not divided by anything", "结果随 x 变大：没有除以任何东西")
LAYER = Looks(
    "a vector is not normalised by its own mean and variance",
    "每个向量没有用它自己的均值和方差做归一化",
    "Mean and variance of how many numbers? Here each vector has three.",
    "均值和方差是多少个数的？这里每个向量有三个数。",
)
ALL_DIMS = Looks("vectors are averaged together, not each by itself", "几个向量合在一起求了平均，而不是各算各的")
OTHER_DIM = Looks(
    "averages are taken over dimension {dim}, not over the last", "平均是沿第 {dim} 维取的，而不是最后一维"
)
UNBIASED = Looks(
    "the squared deviations are divided by D - 1 instead of D",
    "偏差的平方和除以了 D - 1，而不是 D",
    "torch.var and torch.std estimate a variance from a sample unless told otherwise.",
    "torch.var 和 torch.std 默认算的是样本方差。",
)
WEIGHTS = Looks(
    "w and b are not applied as normalised x times w plus b",
    "w 和 b 的用法不对：应是归一化后的 x 乘以 w 再加 b",
    "What comes first, w or b?",
    "先用 w 还是先用 b？",
)
NO_W = Looks("w is ignored", "w 没有用上")
NO_B = Looks("b is ignored", "b 没有用上")
B_FIRST = Looks("b is added before the multiplication by w", "先加了 b，再乘 w")
ONE_PLUS_W = Looks(
    "the factor is 1 + w instead of w",
    "乘的是 1 + w，而不是 w",
    "Some models store w - 1. This one does not.",
    "有些模型存的是 w - 1，这里不是。",
)
WEIGHTS_RMS = Looks(
    "w is not applied as the factor of normalised x",
    "w 的用法不对：归一化后的 x 应乘以 w",
    "There is one multiplication, and no b.",
    "只有一次乘法，没有 b。",
)
EPS = Looks(
    "eps = {eps} does not enter as √({what} + eps)",
    "eps = {eps} 没有以 √({what} + eps) 的形式起作用",
    "If {what} were 0, what would be left to divide by?",
    "假如 {what} 为 0，剩下的除数应该是什么？",
)
EPS_OUTSIDE = Looks("eps is added outside the root", "eps 加在了根号外面")
EPS_UNUSED = Looks("a given eps of {eps} is not used", "给定的 eps = {eps} 没有用上")
EPS_LEAST = Looks("eps is used as a lower bound instead of being added", "eps 被当成了下限，而不是加上去")
DEFAULT_EPS = Looks(
    "without an eps, {eps} is not the one used",
    "不给 eps 时，用的不是默认值 {eps}",
    "Look at the signature again.",
    "再看一遍函数签名。",
)
CONSTANT = Looks(
    "a vector of equal numbers does not give b",
    "分量全相等的向量，结果不是 b",
    "The variance is 0: what is divided by what?",
    "方差为 0：是什么除以什么？",
)
CONSTANT_GRADIENT = Looks(
    "the gradient is wrong, or not finite, for a vector of equal numbers",
    "分量全相等的向量，梯度不对或不是有限值",
    "The derivative of √ at 0 is infinite: eps has to be inside before the root is taken.",
    "√ 在 0 处的导数是无穷大：开根号之前就要加上 eps。",
)
ZERO = Looks(
    "a vector of zeros does not give zeros",
    "全零向量的结果不是零",
    "What is 0 divided by?",
    "0 除以的是什么？",
)
ZERO_GRADIENT = Looks(
    "the gradient is wrong, or not finite, for a vector of zeros",
    "全零向量的梯度不对或不是有限值",
    "The derivative of √ at 0 is infinite: eps has to be inside before the root is taken.",
    "√ 在 0 处的导数是无穷大：开根号之前就要加上 eps。",
)
HALF = Looks(
    "{dtype} numbers around 1000 give wrong results",
    "{dtype} 下分量在 1000 左右时结果不对",
    "In which dtype are sums and squares computed? float16 ends at 65504, and bfloat16 has steps of 4 around 1000.",
    "求和与平方用的是什么 dtype？float16 最大是 65504，bfloat16 在 1000 附近的间隔是 4。",
)
OVERFLOW = Looks(
    "in float16 the squares overflow: the result is 0",
    "float16 下平方溢出了：结果是 0",
    "float16 ends at 65504, and 400² is 160000: when does x have to be cast?",
    "float16 最大是 65504，而 400² 是 160000：x 应该在哪一步之前转换？",
)
CANCELLED = Looks(
    "the variance is lost where the mean is 1e4 (float32)",
    "均值为 1e4 时方差丢失了（float32）",
    "1e8 has steps of 8 in float32: can a difference of two such numbers be 1?",
    "float32 在 1e8 处的间隔是 8：两个这样的数相减能得到 1 吗？",
)
RMS = Looks(
    "a vector is not divided by the root of its own mean square",
    "每个向量没有除以它自己的均方根",
    "Root, mean, square, read from right to left; of how many numbers? Each vector has three.",
    "均方根：先平方，再平均，再开根号。是多少个数的？这里每个向量有三个数。",
)
CENTRED = Looks("the mean is subtracted: that is LayerNorm", "减去了均值：那是 LayerNorm")
OF_VARIANCE = Looks(
    "x is divided by the root of its variance: the squares of x are meant, not those of its deviations",
    "除以的是方差的平方根：要平方的是 x 本身，而不是它与均值的差",
)
SUM = Looks("the squares are summed, not averaged", "平方做了求和，而不是平均")
NO_ROOT_RMS = Looks("x is divided by the mean square, without the root", "除以的是均方，没有开根号")
STRIDES = Looks(
    "{name} needs its x to be contiguous",
    "{name} 要求 x 是连续的",
    "view asks for contiguous memory; mean(dim=-1) does not.",
    "view 要求内存连续；mean(dim=-1) 不要求。",
)
MUTATED = Looks(
    "an input is changed: {name}",
    "输入被改动了：{name}",
    "`x.float()` of a float32 tensor is that tensor itself: `x -= mean` writes into the caller's.",
    "float32 张量的 `x.float()` 就是它自己：`x -= mean` 会写进调用者的张量。",
)
GRADIENT = Looks(
    "the gradient is wrong",
    "梯度不对",
    "What is averaged depends on x as well, and w and b have gradients: no detach, no .data, no no_grad.",
    "求出的平均也依赖于 x，w 和 b 也要有梯度：不能用 detach、.data 或 no_grad。",
)
NO_BACKWARD = Looks(
    "the backward pass fails, or the forward pass of inputs that need a gradient",
    "反向传播失败，或输入需要梯度时前向就失败",
    "The square keeps what it was given for the backward pass: `y *= a` overwrites it, `y = y * a` does not.",
    "平方会留着它的输入供反向使用：`y *= a` 会把它覆盖掉，`y = y * a` 不会。",
)
GENERAL = Looks(
    "{name} gives wrong values for a shape of {shape} and eps = {eps}",
    "形状为 {shape}、eps = {eps} 时，{name} 的数值不对",
    "Which sizes are 1 or equal here, and how many dimensions are there?",
    "这里有几维？哪些尺寸等于 1，或者相等？",
)


def layer_norm(x, w=1.0, b=0.0, eps=1e-5, *, dim=-1, correction=0):
    """In float64; the keywords are typical mistakes."""
    x = x.double()
    variance = x.var(dim, correction=correction, keepdim=True)
    return (x - x.mean(dim, keepdim=True)) / (variance + eps) ** 0.5 * w + b


def rms_norm(x, w=1.0, eps=1e-6, *, dim=-1):
    x = x.double()
    return x / (x.pow(2).mean(dim, keepdim=True) + eps) ** 0.5 * w


def draw(*shape):
    return torch.randn(shape, dtype=torch.float64)


def vectors(*leading):
    """Vectors of three numbers, never close to each other or to 0."""
    order = torch.rand(*leading, 3).argsort(-1)
    return torch.tensor([-2.0, 1.0, 3.5], dtype=torch.float64)[order] + draw(*leading, 3) * 0.2


def plain(size, dtype=torch.float64):
    """w and b that do nothing."""
    return torch.ones(size, dtype=dtype), torch.zeros(size, dtype=dtype)


def around_1000(dtype):
    """One vector of numbers whose deviations are over 256 in float16, and few steps of 4 in bfloat16."""
    if dtype == torch.float16:
        deviations = torch.tensor([-700.0, -400.0, 400.0, 620.0]) + torch.randint(-16, 17, (4,))
    else:
        deviations = torch.tensor([-12.0, 0.0, 4.0, 12.0])
    return (1000 + deviations[torch.randperm(4)])[None].to(dtype)


def check_results_have_the_dtype_of_x(submission):
    """Results have the dtype of x.
    结果的 dtype 与 x 相同。"""
    for dtype in torch.float32, torch.float64, torch.float16, torch.bfloat16:
        x, w, b = vectors(2).to(dtype), draw(3).to(dtype), draw(3).to(dtype)
        expect_like(submission.layer_norm(x, w, b), x, DTYPE.about(name="layer_norm"))
        expect_like(submission.rms_norm(x, w), x, DTYPE.about(name="rms_norm"))


def check_the_inputs_stay_as_they_were(submission):
    """x, w and b stay as they were, in every dtype.
    x、w、b 保持原样，任何 dtype 都一样。"""
    for dtype in torch.float32, torch.float64, torch.bfloat16:
        x, w, b = vectors(2).to(dtype), draw(3).to(dtype), draw(3).to(dtype)
        expect_untouched(submission.asking().layer_norm(x, w, b), MUTATED)
        expect_untouched(submission.asking().rms_norm(x, w), MUTATED)


def check_layer_norm_subtracts_the_mean(submission):
    """Adding the same number to every entry changes nothing in layer_norm.
    每个分量加上同一个数，layer_norm 的结果不变。"""
    x, (w, b) = vectors(1), plain(3)
    before, after = submission.layer_norm(x, w, b), submission.layer_norm(x + 10, w, b)
    expect_like(before, x, NOT_CENTRED)
    expect_close(after, before, NOT_CENTRED, tol=1e-3)


def check_layer_norm_forgets_the_size_of_x(submission):
    """Scaling x changes nothing in layer_norm.
    x 放大或缩小，layer_norm 的结果不变。"""
    x, (w, b) = vectors(1), plain(3)
    before, after = submission.layer_norm(x, w, b), submission.layer_norm(3 * x, w, b)
    expect_like(before, x, NOT_SCALED)
    suspects = [(NO_ROOT, before / 3), (NOT_DIVIDED, before * 3)]
    expect_close(after, before, NOT_SCALED, tol=1e-3, suspects=suspects)


def check_layer_norm_takes_each_vector_by_itself(submission):
    """Each vector along the last dimension gets mean 0 and variance 1, by itself.
    沿最后一维的每个向量各自归一化成均值 0、方差 1。"""
    w, b = plain(3)
    for leading in (2,), (1, 2), ():
        x = vectors(*leading)
        suspects = [(UNBIASED, layer_norm(x, correction=1)), (ALL_DIMS, layer_norm(x, dim=tuple(range(x.dim()))))]
        suspects += [(ONE_PLUS_W, layer_norm(x) * 2)]
        suspects += [(OTHER_DIM.about(dim=dim), layer_norm(x, dim=dim)) for dim in range(x.dim() - 1)]
        suspects += [(UNBIASED, layer_norm(x, dim=tuple(range(x.dim())), correction=1))] if leading else []
        got = submission.asking(on_error=LAYER).layer_norm(x, w, b).value
        expect_close(got, layer_norm(x), LAYER, tol=TOL, suspects=suspects)


def check_layer_norm_multiplies_by_w_and_adds_b(submission):
    """What is normalised is multiplied by w, and b is added.
    归一化之后乘以 w，再加上 b。"""
    x, w, b = vectors(1), vectors(), vectors()
    normal = layer_norm(x)
    suspects = [(NO_W, normal + b), (NO_B, normal * w), (B_FIRST, (normal + b) * w), (ONE_PLUS_W, normal * (1 + w) + b)]
    expect_close(submission.layer_norm(x, w, b), normal * w + b, WEIGHTS, tol=TOL, suspects=suspects)


def check_layer_norm_adds_eps_to_the_variance(submission):
    """eps is added to the variance, under the root; it is 1e-5 when not given.
    eps 加在根号里的方差上；不给时为 1e-5。"""
    x, (w, b) = vectors(1) / 4, plain(3)
    suspects = with_eps_elsewhere(x - x.mean(), x.var(correction=0))
    looks = EPS.about(eps=0.5, what="σ²")
    expect_close(submission.layer_norm(x, w, b, 0.5), layer_norm(x, eps=0.5), looks, tol=TOL, suspects=suspects)
    looks, small = DEFAULT_EPS.about(eps="1e-5"), x * 4e-3
    expect_close(submission.layer_norm(small, w, b), layer_norm(small), looks, tol=1e-4)


def with_eps_elsewhere(vector, square, eps=0.5):
    """`vector` divided by the root of `square`, but for what eps should do to it."""
    return [
        (EPS_OUTSIDE, vector / (square.sqrt() + eps)),
        (EPS_UNUSED.about(eps=eps), vector / square.sqrt()),
        (EPS_UNUSED.about(eps=eps), vector / (square + 1e-5).sqrt()),
        (EPS_LEAST, vector / square.clamp(min=eps).sqrt()),
        (EPS_LEAST, vector / square.sqrt().clamp(min=eps)),
    ]


def check_gradients_flow_back_through_layer_norm(submission):
    """The gradients of x, w and b through layer_norm are those of the formula.
    layer_norm 回传到 x、w、b 的梯度与公式一致。"""
    for leading in (2,), (2, 4):
        x, w, b, weights = vectors(*leading), draw(3), draw(3), draw(*leading, 3)
        want = gradients_of(layer_norm, [x, w, b], weights)
        asking = submission.asking(grad_of=[x, w, b], cotangent=weights, on_error=NO_BACKWARD)
        expect_gradients(asking.layer_norm(x, w, b), want, "xwb", GRADIENT, tol=1e-4)


def check_layer_norm_of_equal_numbers_is_b(submission):
    """A vector of equal numbers gives b, with a finite gradient.
    分量全相等的向量给出 b，梯度有限。"""
    x, w, b, weights = torch.full((1, 4), 2.0, dtype=torch.float64), draw(4), draw(4), draw(1, 4)
    reply = submission.asking(grad_of=[x], cotangent=weights).layer_norm(x, w, b)
    expect_close(reply.value, layer_norm(x, w, b), CONSTANT, tol=TOL)
    want = gradients_of(lambda leaf: layer_norm(leaf, w, b), [x], weights)
    expect_gradients(reply, want, "x", CONSTANT_GRADIENT, tol=1e-4)


def check_layer_norm_computes_in_float32(submission):
    """float16 and bfloat16 numbers around 1000 do not overflow, and are not rounded on the way.
    float16 和 bfloat16 的分量在 1000 左右时，中途不溢出，也不损失精度。"""
    for dtype, tol, copies in NARROW:
        x, (w, b) = around_1000(dtype).repeat(1, copies), plain(4 * copies, dtype)
        suspects = [(OVERFLOW, torch.zeros_like(x))] if dtype == torch.float16 else []
        looks = HALF.about(dtype=str(dtype).removeprefix("torch."))
        expect_close(submission.layer_norm(x, w, b), layer_norm(x).to(dtype), looks, tol=tol, suspects=suspects)


def check_a_large_mean_leaves_the_variance(submission):
    """float32 numbers with a mean of 1e4 and a variance of about 1 are normalised rightly.
    均值为 1e4、方差约为 1 的 float32 分量也能正确归一化。"""
    x, (w, b) = (1e4 + vectors(1) / 2).float(), plain(3, torch.float32)
    got = submission.layer_norm(x, w, b)
    expect_close(got, layer_norm(x).float(), CANCELLED, tol=1e-2)


def check_rms_norm_divides_by_the_root_of_the_mean_square(submission):
    """Each vector along the last dimension is divided by the root of its mean square.
    沿最后一维的每个向量各自除以它的均方根。"""
    w, _ = plain(3)
    for leading in (2,), (1, 2), ():
        x = vectors(*leading)
        suspects = [
            (CENTRED, layer_norm(x, eps=1e-6)),
            (CENTRED, (x - x.mean(-1, keepdim=True)) / x.pow(2).mean(-1, keepdim=True).sqrt()),
            (OF_VARIANCE, x / x.var(-1, keepdim=True, correction=0).sqrt()),
            (OF_VARIANCE, x / x.var(-1, keepdim=True).sqrt()),
            (SUM, x / x.pow(2).sum(-1, keepdim=True).sqrt()),
            (NO_ROOT_RMS, x / x.pow(2).mean(-1, keepdim=True)),
            (ONE_PLUS_W, rms_norm(x) * 2),
            (ALL_DIMS, rms_norm(x, dim=tuple(range(x.dim())))),
            *((OTHER_DIM.about(dim=dim), rms_norm(x, dim=dim)) for dim in range(x.dim() - 1)),
        ]
        got = submission.asking(on_error=RMS).rms_norm(x, w).value
        expect_close(got, rms_norm(x), RMS, tol=TOL, suspects=suspects)


def check_rms_norm_multiplies_by_w(submission):
    """What is normalised is multiplied by w.
    归一化之后乘以 w。"""
    x, w = vectors(1), vectors()
    suspects = [(NO_W, rms_norm(x)), (ONE_PLUS_W, rms_norm(x, 1 + w))]
    expect_close(submission.rms_norm(x, w), rms_norm(x, w), WEIGHTS_RMS, tol=TOL, suspects=suspects)


def check_rms_norm_adds_eps_to_the_mean_square(submission):
    """eps is added to the mean square, under the root; it is 1e-6 when not given.
    eps 加在根号里的均方上；不给时为 1e-6。"""
    x, (w, _) = vectors(1) / 4, plain(3)
    suspects = with_eps_elsewhere(x, x.square().mean())
    looks = EPS.about(eps=0.5, what="mean x²")
    expect_close(submission.rms_norm(x, w, 0.5), rms_norm(x, eps=0.5), looks, tol=TOL, suspects=suspects)
    looks, small = DEFAULT_EPS.about(eps="1e-6"), x * 2e-3
    expect_close(submission.rms_norm(small, w), rms_norm(small), looks, tol=1e-4)


def check_gradients_flow_back_through_rms_norm(submission):
    """The gradients of x and w through rms_norm are those of the formula.
    rms_norm 回传到 x、w 的梯度与公式一致。"""
    for leading in (2,), (2, 4):
        x, w, weights = vectors(*leading), draw(3), draw(*leading, 3)
        want = gradients_of(rms_norm, [x, w], weights)
        asking = submission.asking(grad_of=[x, w], cotangent=weights, on_error=NO_BACKWARD)
        expect_gradients(asking.rms_norm(x, w), want, "xw", GRADIENT, tol=1e-4)


def check_rms_norm_of_zeros_is_zero(submission):
    """A vector of zeros gives zeros, with a finite gradient.
    全零向量给出零，梯度有限。"""
    x, w, weights = torch.zeros(1, 3, dtype=torch.float64), draw(3), draw(1, 3)
    reply = submission.asking(grad_of=[x], cotangent=weights).rms_norm(x, w)
    expect_close(reply.value, rms_norm(x, w), ZERO, tol=TOL)
    want = gradients_of(lambda leaf: rms_norm(leaf, w), [x], weights)
    expect_gradients(reply, want, "x", ZERO_GRADIENT, tol=1e-4)


def check_rms_norm_computes_in_float32(submission):
    """float16 and bfloat16 numbers around 1000 do not overflow, and are not rounded on the way.
    float16 和 bfloat16 的分量在 1000 左右时，中途不溢出，也不损失精度。"""
    for dtype, tol, copies in NARROW:
        x, (w, _) = around_1000(dtype).repeat(1, copies), plain(4 * copies, dtype)
        suspects = [(OVERFLOW, torch.zeros_like(x))] if dtype == torch.float16 else []
        looks = HALF.about(dtype=str(dtype).removeprefix("torch."))
        expect_close(submission.rms_norm(x, w), rms_norm(x).to(dtype), looks, tol=tol, suspects=suspects)


def check_x_need_not_be_contiguous(submission):
    """x need not be contiguous.
    x 不必是连续的。"""
    w, b = draw(3), draw(3)
    wide = vectors(4, 2)
    for x in vectors(3, 2).transpose(0, 1), torch.cat([wide, wide], -1)[..., ::2], vectors(1, 2).expand(4, 2, 3):
        of_layer = submission.asking(on_error=STRIDES.about(name="layer_norm")).layer_norm(x, w, b).value
        expect_close(of_layer, layer_norm(x, w, b), STRIDES.about(name="layer_norm"), tol=TOL)
        of_rms = submission.asking(on_error=STRIDES.about(name="rms_norm")).rms_norm(x, w).value
        expect_close(of_rms, rms_norm(x, w), STRIDES.about(name="rms_norm"), tol=TOL)


def check_the_values_are_right_for_every_shape(submission):
    """Values are right for every shape, one entry a vector included, and every eps.
    各种形状和 eps 下数值都正确，每个向量只有一个分量时也一样。"""
    some = (1e-5, 5), (0.5, 2, 7), (1e-5, 4, 3, 5), (0.5, 2, 3, 4, 6), (1e-5, 3, 1), (0.5, 4, 1), (1e-5, 3, 3)
    for eps, *shape in some:
        x, w, b = draw(*shape) + 0.7, draw(shape[-1]), draw(shape[-1])
        looks = GENERAL.about(name="layer_norm", shape=tuple(shape), eps=eps)
        expect_close(submission.layer_norm(x, w, b, eps), layer_norm(x, w, b, eps), looks, tol=TOL)
        looks = GENERAL.about(name="rms_norm", shape=tuple(shape), eps=eps)
        expect_close(submission.rms_norm(x, w, eps), rms_norm(x, w, eps), looks, tol=TOL)
