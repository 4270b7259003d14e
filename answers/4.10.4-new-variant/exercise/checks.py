"""The checks of rotary position embedding. Angles may be rounded to float32, so no tolerance is below that."""

import torch

from attnquiz.judge.compare import (
    Looks,
    expect_close,
    expect_gradients,
    expect_like,
    expect_raises,
    expect_untouched,
    gradients_of,
)

TOL = 1e-4  # what float32 leaves of angles up to 100, ten times over
BASE = 10000.0

SHAPE = Looks(
    "the result does not have the shape of x",
    "结果的形状与 x 不同",
    "x is (B, H, T, D) and pairs share an angle, (T, D/2): what is broadcast against what?",
    "x 是 (B, H, T, D)，每一对共用一个角度，形状是 (T, D/2)：广播时谁与谁对齐？",
)
DTYPE = Looks(
    "the result is not in the dtype of x",
    "结果的 dtype 与 x 不同",
    "The product with a float32 cosine is promoted: cast it back.",
    "与 float32 的余弦相乘会提升 dtype：要转换回来。",
)
REFUSED = Looks(
    "an x of {dtype} is refused",
    "不接受 {dtype} 的 x",
    "Not every operation takes every dtype: compute in another one and cast back.",
    "有的运算不支持这种 dtype：可以换一种计算，再转换回来。",
)
STILL = Looks(
    "x is not left alone at position 0",
    "位置为 0 时 x 也变了",
    "Every angle is 0 there: cos is 1, sin is 0.",
    "这时角度都是 0：余弦为 1，正弦为 0。",
)
CONCATENATED = Looks(
    "the turned pairs are not interleaved again: all first channels stand before all second ones",
    "旋转之后没有重新交错排列：所有前一个通道都排到了后一个通道的前面",
)
INTERLEAVED_HALVES = Looks(
    "pairs are taken from the two halves of the channels, but put back as neighbours",
    "配对时取的是前后两半的通道，放回时却成了相邻的通道",
)
ADDED = Looks("sines and cosines are added to x instead of turning it", "把正弦和余弦加到了 x 上，而不是用它们来旋转")
FROM_INDEX = Looks(
    "the position is the token's index in x instead of what pos says",
    "用的是 token 在 x 中的下标，而不是 pos 给出的位置",
)
ONE_MORE = Looks("every position is taken for the next one: pos + 1", "所有位置都多了 1：用的是 pos + 1")
LENGTH = Looks(
    "the length of a vector changes: this is no rotation",
    "向量的长度变了：这不是旋转",
    "Both channels of a pair are computed from both old ones, with the same angle.",
    "一对通道的两个新值，都要由两个旧值、用同一个角度算出。",
)
TURN = Looks(
    "the first pair is not turned counter-clockwise by pos radians",
    "第一对通道没有逆时针旋转 pos 弧度",
    "Where does (1, 0) go at position 1?",
    "位置为 1 时，(1, 0) 应该转到哪里？",
)
CLOCKWISE = Looks("pairs are turned clockwise: the minus stands at the wrong sine", "转的是顺时针：负号放错了正弦")
STARTS_LATE = Looks("the exponents start at 2/D instead of 0", "指数从 2/D 开始，而不是从 0 开始")
UNTURNED = Looks("nothing is turned, or only by whole turns", "什么都没有旋转，或者转的都是整圈")
PAIRS = Looks(
    "channels 0 and 1 do not form the first pair",
    "第一对通道不是 0 和 1",
    "Where does something of channel 0 appear when only that channel is not 0?",
    "只有通道 0 不为零时，旋转后哪些通道不为零？",
)
HALVES = Looks(
    "pairs are (i, i + D/2), as LLaMA in Hugging Face has them: right there, but here a pair is (2i, 2i+1)",
    "配对用的是 (i, i + D/2)，即 Hugging Face 中 LLaMA 的约定：在那里没错，但这里要求相邻的 (2i, 2i+1)",
)
FREQUENCIES = Looks(
    "pair i is not turned by pos · base^(-2i/D)",
    "第 i 对的旋转角度不是 pos · base^(-2i/D)",
    "Write down the exponent of every pair: from 0 up to, but not including, 1.",
    "写下每一对的指数：从 0 开始，到 1 为止但不含 1。",
)
HALF_EXPONENT = Looks("the exponent of pair i is i/D instead of 2i/D", "第 i 对的指数是 i/D，而不是 2i/D")
DOUBLE_EXPONENT = Looks(
    "the exponent of pair i is 4i/D instead of 2i/D: 2i over the number of pairs",
    "第 i 对的指数是 4i/D，而不是 2i/D：2i 除以的是对数 D/2",
)
ENDS_AT_ONE = Looks(
    "the exponent of pair i is 2i/(D-2) instead of 2i/D: it reaches 1",
    "第 i 对的指数是 2i/(D-2)，而不是 2i/D：最后达到了 1",
)
ONE_FREQUENCY = Looks("all pairs turn equally fast", "所有通道对转得一样快")
GROWING = Looks("later pairs turn faster: the sign of the exponent is lost", "越靠后的通道对转得越快：指数的负号丢了")
OTHER_WAY_ROUND = Looks(
    "the frequencies are in the reverse order: the first pair has to be the fastest",
    "频率的顺序反了：第一对应该转得最快",
)
GIVEN_BASE = Looks(
    "a base of {base} is not the one used",
    "给定的 base={base} 没有被采用",
    "Where does base enter the frequencies?",
    "频率里哪一处用到了 base？",
)
BASE_IGNORED = Looks("base is ignored: 10000 is used whatever is given", "忽略了 base：不管给什么，用的都是 10000")
POSITIONS = Looks(
    "positions that do not count 0, 1, 2, ... are not used as they are",
    "pos 不是 0、1、2…… 时没有照它来",
    "Every token has the position that pos gives it, whatever its neighbours have.",
    "每个 token 的位置就是 pos 给它的那个数，与相邻的 token 无关。",
)
FROM_FIRST = Looks(
    "positions are counted from the first: a decoding step would always be at position 0",
    "位置是从第一个开始数的：这样每个解码步都会在位置 0",
)
SAMPLES = Looks(
    "positions of shape (B, T) are not used sample by sample",
    "形状为 (B, T) 的 pos 没有按样本使用",
    "Angles are (B, T, D/2) and x is (B, H, T, D): which dimension is missing?",
    "角度是 (B, T, D/2)，x 是 (B, H, T, D)：中间缺了哪一维？",
)
BY_HEAD = Looks(
    "row b of pos is used for head b of every sample: angles (B, T, D/2) are broadcast from the right",
    "pos 的第 b 行用在了每个样本的第 b 个头上：(B, T, D/2) 的角度是从右边对齐广播的",
)
FIRST_SAMPLE = Looks("all samples get the positions of the first", "所有样本用的都是第一个样本的位置")
RELATIVE = Looks(
    "scores change when queries and keys are shifted by the same {shift} positions",
    "查询和键的位置同时移动 {shift}，分数却变了",
    "An angle is linear in its position, for every position: is there a table, a limit, a rescaling?",
    "角度与位置始终成正比：有没有查表、上限或重新缩放？",
)
COARSE = Looks(
    "angles are wrong for an x of {dtype} at positions around 1000 and beyond",
    "x 为 {dtype}、位置在 1000 左右或更大时，角度不对",
    "{dtype} has {bits} significant bits: 4003 becomes {stored}. Which dtype do pos and the frequencies have?",
    "{dtype} 只有 {bits} 位有效数字：4003 会变成 {stored}。pos 和频率是什么 dtype？",
)
ROUNDED_POSITIONS = Looks(
    "the positions are rounded to {dtype}, the dtype of x", "位置被舍入成了 {dtype}，即 x 的 dtype"
)
ROUNDED = Looks("the angles are computed in {dtype}, the dtype of x", "角度是用 x 的 dtype，即 {dtype} 算的")
FAR = Looks(
    "angles are wrong at positions around 1e5",
    "位置在 1e5 左右时，角度不对",
    "Is there a table that ends, or a type that does?",
    "是不是有一张表，或者一种类型，装不下这么大的数？",
)
ODD = Looks(
    "an odd width of {width} is not refused with a {{kind}}",
    "宽度 {width} 是奇数，却没有抛出 {{kind}}",
    "Who is the partner of the last channel?",
    "最后一个通道与谁配对？",
)
GRADIENT = Looks(
    "the gradient is wrong",
    "梯度不对",
    "Cosines and sines need no gradient, but x does: no detach, no .data, no no_grad around the rotation.",
    "余弦和正弦不需要梯度，x 却需要：旋转这一步不能用 detach、.data 或 no_grad。",
)
GENERAL = Looks(
    "the values are wrong for B, H, T, D = {sizes}",
    "B, H, T, D = {sizes} 时数值不对",
    "Which sizes are equal here, or 1?",
    "这里哪些尺寸相等，或者等于 1？",
)


def frequencies(width, base=BASE, slope=2.0):
    return torch.tensor([base ** (-slope * pair / width) for pair in range(width // 2)], dtype=torch.float64)


def neighbours(width):
    return [(channel, channel + 1) for channel in range(0, width, 2)]


def halves(width):
    return [(channel, channel + width // 2) for channel in range(width // 2)]


def turn(x, angles, pairs):
    """One pair at a time, on float64; angles: broadcastable to (B, H, T, D / 2)."""
    out = torch.empty_like(x)
    for number, (first, second) in enumerate(pairs):
        cos, sin = angles[..., number].cos(), angles[..., number].sin()
        out[..., first] = x[..., first] * cos - x[..., second] * sin
        out[..., second] = x[..., first] * sin + x[..., second] * cos
    return out


def reference(x, pos, base=BASE, *, speeds=None, pairs=neighbours):
    """`speeds` and `pairs` may be those of a typical mistake."""
    width = x.shape[-1]
    speeds = frequencies(width, base) if speeds is None else speeds
    pos = pos if pos.dim() == 1 else pos[:, None]  # (T,) or (B, 1, T)
    return turn(x, pos[..., None] * speeds, pairs(width))


def draw(*shape):
    return torch.randn(shape, dtype=torch.float64)


def check_shape_and_dtype_are_kept(submission):
    """The result has the shape and the dtype of x.
    结果的形状和 dtype 与 x 相同。"""
    for dtype in torch.float32, torch.bfloat16, torch.float16, torch.float64:
        x, name = draw(1, 1, 2, 4).to(dtype), str(dtype).removeprefix("torch.")
        got = submission.asking(on_error=REFUSED.about(dtype=name)).apply_rope(x, torch.arange(2)).value
        expect_like(got, x.to(got.dtype), SHAPE)
        expect_like(got, x, DTYPE)


def check_position_zero_changes_nothing(submission):
    """At position 0 nothing changes.
    位置为 0 时什么都不变。"""
    for tokens, width in (1, 6), (2, 4):
        x, pos = draw(1, 1, tokens, width), torch.zeros(tokens, dtype=torch.int64)
        added = torch.tensor([0.0, 1.0] * (width // 2), dtype=torch.float64)  # sines and cosines of 0
        suspects = [
            (CONCATENATED, torch.cat((x[..., 0::2], x[..., 1::2]), dim=-1)),
            (INTERLEAVED_HALVES, torch.stack(x.chunk(2, dim=-1), dim=-1).flatten(-2)),
            (ADDED, x + added),
            (ADDED, x + added.sort().values),
            *((FROM_INDEX, reference(x, torch.arange(tokens), pairs=pairs)) for pairs in (neighbours, halves)),
            *((ONE_MORE, reference(x, pos + 1, pairs=pairs)) for pairs in (neighbours, halves)),
        ]
        expect_close(submission.apply_rope(x, pos), x, STILL, tol=TOL, suspects=suspects)


def check_no_vector_changes_its_length(submission):
    """The length of every token's vector stays what it was.
    每个 token 的向量长度不变。"""
    x = draw(1, 1, 3, 4)
    turned = submission.apply_rope(x, torch.arange(3))
    expect_like(turned, x, LENGTH)
    expect_close(turned.norm(dim=-1), x.norm(dim=-1), LENGTH, tol=TOL, name="norm")


def check_the_first_pair_turns_counter_clockwise(submission):
    """The first pair turns counter-clockwise, by one radian per position.
    第一对通道逆时针旋转，每个位置转 1 弧度。"""
    x = torch.tensor([[[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]]], dtype=torch.float64)
    pos = torch.arange(3)
    late = reference(x, pos, speeds=torch.tensor([1 / BASE], dtype=torch.float64))
    suspects = [(CLOCKWISE, reference(x, -pos)), (UNTURNED, x), (STARTS_LATE, late)]
    expect_close(submission.apply_rope(x, pos), reference(x, pos), TURN, tol=1e-5, suspects=suspects)


def check_neighbouring_channels_form_a_pair(submission):
    """Channels 2i and 2i + 1 form a pair.
    通道 2i 和 2i + 1 组成一对。"""
    x, pos = torch.zeros(1, 1, 3, 4, dtype=torch.float64), torch.arange(3)
    x[..., 0, 0] = x[..., 1, 0] = x[..., 2, 1] = 1.0
    slowest_first = reference(x, pos, speeds=frequencies(4).flip(0))
    suspects = [(HALVES, reference(x, pos, pairs=halves)), (OTHER_WAY_ROUND, slowest_first)]
    expect_close(submission.apply_rope(x, pos), reference(x, pos), PAIRS, tol=TOL, suspects=suspects)


def check_every_pair_has_its_frequency(submission):
    """Pair i turns by base^(-2i/D) radians per position.
    第 i 对每个位置转 base^(-2i/D) 弧度。"""
    for width in 6, 4:
        x, pos = draw(1, 1, 2, width), torch.arange(2)
        right = frequencies(width)
        wrong = [
            (HALF_EXPONENT, frequencies(width, slope=1.0)),
            (DOUBLE_EXPONENT, frequencies(width, slope=4.0)),
            (ENDS_AT_ONE, frequencies(width, slope=2.0 * width / (width - 2))),
            (ONE_FREQUENCY, torch.ones_like(right)),
            (GROWING, 1 / right),
        ]
        suspects = [(looks, reference(x, pos, speeds=speeds)) for looks, speeds in wrong]
        expect_close(submission.apply_rope(x, pos), reference(x, pos), FREQUENCIES, tol=TOL, suspects=suspects)


def check_a_given_base_is_used(submission):
    """A given base is used.
    给定的 base 会被采用。"""
    x, pos = draw(1, 1, 2, 4), torch.arange(2)
    for base in 100.0, 500000.0:
        suspects = [(BASE_IGNORED, reference(x, pos))]
        got = submission.apply_rope(x, pos, base=base)
        expect_close(got, reference(x, pos, base), GIVEN_BASE.about(base=base), tol=TOL, suspects=suspects)


def check_positions_are_taken_as_they_are(submission):
    """Positions are taken as pos gives them: any start, any order.
    位置以 pos 给的为准：从哪里开始、什么顺序都可以。"""
    x = draw(1, 1, 3, 2)
    for pos in torch.tensor([9, 2, 5]), torch.tensor([7, 8, 9]):
        suspects = [(FROM_INDEX, reference(x, torch.arange(3))), (FROM_FIRST, reference(x, pos - pos[0]))]
        expect_close(submission.apply_rope(x, pos), reference(x, pos), POSITIONS, tol=TOL, suspects=suspects)


def check_every_sample_may_have_its_own_positions(submission):
    """A row of pos for every sample is used for all heads of that sample.
    pos 每行对应一个样本，用于该样本的所有头。"""
    pos = torch.tensor([[3, 4, 5], [0, 7, 2]])
    for heads in 2, 4:
        x = draw(2, heads, 3, 2)
        suspects = [(FIRST_SAMPLE, reference(x, pos[0]))]
        if heads == 2:
            suspects.append((BY_HEAD, reference(x.transpose(0, 1), pos).transpose(0, 1)))
        got = submission.asking(on_error=SAMPLES).apply_rope(x, pos).value
        expect_close(got, reference(x, pos), SAMPLES, tol=TOL, suspects=suspects)


def check_scores_depend_on_the_distance_alone(submission):
    """Scores stay the same when queries and keys move by the same number of positions.
    查询和键移动同样多的位置，分数不变。"""
    q, k, pos = draw(1, 1, 3, 8), draw(1, 1, 3, 8), torch.tensor([2, 0, 40])
    scores = {}
    for shift in 0, 300, 1000, 5000:
        turned = [submission.apply_rope(x, pos + shift) for x in (q, k)]
        for x in turned:
            expect_like(x, q, RELATIVE.about(shift=shift))
        scores[shift] = turned[0] @ turned[1].mT
        expect_close(scores[shift], scores[0], RELATIVE.about(shift=shift), tol=2e-3)


def check_angles_are_not_rounded_with_x(submission):
    """Angles are as precise for a bfloat16 or float16 x as for any other.
    x 为 bfloat16 或 float16 时，角度的精度与其他 dtype 一样。"""
    pos = torch.tensor([1001, 2047, 4003])
    for dtype, bits in (torch.bfloat16, 8), (torch.float16, 11):
        x, name = draw(1, 2, 3, 8).to(dtype), str(dtype).removeprefix("torch.")
        rounded = pos.to(dtype)[:, None] * frequencies(8).to(dtype)
        suspects = [
            (ROUNDED.about(dtype=name), turn(x.double(), rounded.double(), neighbours(8)).to(dtype)),
            (ROUNDED_POSITIONS.about(dtype=name), reference(x.double(), pos.to(dtype).double()).to(dtype)),
        ]
        want = reference(x.double(), pos).to(dtype)
        looks = COARSE.about(dtype=name, bits=bits, stored=int(pos[2].to(dtype)))
        expect_close(submission.apply_rope(x, pos), want, looks, tol=0.03, suspects=suspects)


def check_positions_of_1e5_are_reached(submission):
    """Positions of 1e5 are right in float32, up to the rounding of an angle.
    位置达到 1e5 时，float32 的结果除角度的舍入外仍然正确。"""
    x, pos = draw(1, 1, 2, 4).float(), torch.tensor([100_000, 70_001])
    expect_close(submission.apply_rope(x, pos), reference(x.double(), pos).float(), FAR, tol=0.05)


def check_an_odd_width_is_refused(submission):
    """An odd D is refused with ValueError.
    D 为奇数时抛出 ValueError。"""
    for width in 3, 1, 5:
        reply = submission.asking(may_raise=True).apply_rope(draw(1, 1, 2, width), torch.arange(2))
        expect_raises(reply, "ValueError", ODD.about(width=width))


def check_the_inputs_stay_as_they_were(submission):
    """x and pos stay as they were.
    x 和 pos 保持原样。"""
    for dtype in torch.float64, torch.float32:
        for pos in torch.tensor([1, 2, 3]), torch.tensor([[3, 4, 5], [0, 7, 2]]):
            expect_untouched(submission.asking().apply_rope(draw(2, 3, 3, 4).to(dtype), pos))


def check_gradients_turn_back(submission):
    """The gradient of x is that of the rotation.
    x 的梯度与旋转的公式一致。"""
    for pos in torch.tensor([4, 1, 9]), torch.tensor([[3, 4, 5], [0, 7, 2]]):
        x, weights = draw(2, 4, 3, 6), draw(2, 4, 3, 6)
        want = gradients_of(lambda x, pos=pos: reference(x, pos), [x], weights)
        reply = submission.asking(grad_of=[x], cotangent=weights).apply_rope(x, pos)
        expect_gradients(reply, want, "x", GRADIENT, tol=TOL)


def check_the_values_are_right_for_every_size(submission):
    """Right for every size, equal ones and 1 included, with one row of positions and with one for each sample.
    各种尺寸都正确，包括相等的和为 1 的；所有样本共用位置或各有各的位置皆然。"""
    for B, H, T, D in (1, 1, 1, 2), (3, 2, 1, 4), (2, 3, 5, 8), (4, 4, 4, 4), (3, 2, 3, 6), (2, 5, 5, 2):
        looks, x = GENERAL.about(sizes=(B, H, T, D)), draw(B, H, T, D)
        for pos in torch.randint(50, (T,)), torch.randint(50, (B, T)):
            got = submission.asking(on_error=looks).apply_rope(x, pos).value
            expect_close(got, reference(x, pos), looks, tol=TOL)
