"""The checks of the keep mask, one rule at a time, then all together. Masks are small enough to be read whole."""

from itertools import product

import torch

from attnquiz.judge.compare import Looks, expect_equal, expect_like, expect_untouched

T, S = 2, 3  # queries, keys
SIZES = (1, 1), (3, 3), (1, 5), (2, 5), (4, 6)  # T, S; with the three lengths below, one is B = T = S
RULES = [{}, {"causal": True}, *({"causal": True, "window": window} for window in (1, 2, 3, 100))]

NOT_BOOL = Looks(
    "the mask is not boolean",
    "掩码不是布尔型",
    "True means that the query may attend to the key; 0 and -inf belong into an additive mask.",
    "True 表示可以关注；0 和 -inf 是加性掩码的写法。",
)
SHAPE = Looks(
    "the shapes of the rules do not come together as (B, 1, T, S)",
    "各条规则的形状没有合成 (B, 1, T, S)",
    "Where do B, heads, queries and keys stand in logits of (B, H, T, S)? Which dimensions does lengths lack?",
    "logits 是 (B, H, T, S)：样本、头、查询、键各占哪一维？lengths 缺哪几维？",
)
NO_RULE = Looks(
    "a key is hidden though no rule was given",
    "没有给出任何规则，却有键被屏蔽",
    "Without rules every query may attend to every key.",
    "没有规则时，每个查询都能关注所有键。",
)
INVERTED = Looks(
    "boolean mask the wrong way round: False where the query may attend",
    "布尔掩码的含义弄反了：可以关注的位置成了 False",
)
CAUSAL = Looks(
    "with causal a query does not keep exactly itself and the keys before it",
    "causal 时，查询保留的不恰好是自己和前面的键",
    "Write the mask of three tokens down: is its diagonal True?",
    "把 3 个 token 的掩码写出来：对角线是 True 吗？",
)
STRICT = Looks("with causal a query does not keep itself", "causal 时查询看不到自己")
CAUSAL_IGNORED = Looks("causal hides nothing", "causal 没有屏蔽任何键")
CAUSAL_IF_SQUARE = Looks("causal hides nothing when T < S", "T < S 时 causal 没有屏蔽任何键")
CAUSAL_BACKWARDS = Looks(
    "with causal the queries keep the later keys instead of the earlier", "causal 时保留的是后面的键，而不是前面的"
)
PLACE = Looks(
    "the queries do not stand at the last {queries} of {keys} tokens",
    "查询对应的不是 {keys} 个 token 中的最后 {queries} 个",
    "With a KV cache the newest query sees every key: which place does query 0 have?",
    "有 KV 缓存时，最新的查询能看到所有键：第 0 个查询在什么位置？",
)
UPPER_LEFT = Looks(
    "the mask starts in the upper left corner: query 0 is taken for token 0, but it is token {first} of {keys}",
    "掩码从左上角开始：第 0 个查询被当成了第 0 个 token，实际上它是 {keys} 个 token 中的第 {first} 个（从 0 数起）",
)
LEFT_OVER = Looks(
    "the same call gives another mask the second time, after calls with other rules",
    "同样的调用，在别的规则调用过之后，第二次得到的掩码不同",
    "What outlives a call here, and who writes into it?",
    "有什么东西在调用结束后还留着？谁往里面写了？",
)
WINDOW = Looks(
    "with window={window} a query does not keep exactly its window: the last {window}, its own key included",
    "window={window} 时，查询保留的不恰好是最后 {window} 个键（包括它自己）",
    "From which key on, and is that one still in? Count for window=1.",
    "从哪个键开始保留？这个键本身算不算？拿 window=1 数一数。",
)
ONE_TOO_MANY = Looks(
    "the window holds one key too many: {more} instead of {window}", "窗口多了一个键：有 {more} 个，应为 {window} 个"
)
ONE_TOO_FEW = Looks(
    "the window holds one key too few: {fewer} instead of {window}", "窗口少了一个键：有 {fewer} 个，应为 {window} 个"
)
WINDOW_IGNORED = Looks("the window hides nothing", "窗口没有屏蔽任何键")
WINDOW_OF_THE_LAST = Looks("every query gets the window of the last one", "所有查询都用了最后一个查询的窗口")
WINDOW_PLACE = Looks(
    "the window is not where the query is: query {query} is token {token} of {keys}",
    "窗口不在查询所在的位置：第 {query} 个查询是 {keys} 个 token 中的第 {token} 个（从 0 数起）",
    "The place of a query counts for both ends of what it sees.",
    "查询的位置既决定它看到的终点，也决定起点。",
)
WINDOW_LEFT_BEHIND = Looks(
    "the window counts from the row's number i instead of the query's place i + (S - T)",
    "窗口是从行号 i 数的，而不是从查询的位置 i + (S - T) 数的",
)
PADDING = Looks(
    "with lengths={lengths} not exactly the real keys are kept",
    "lengths={lengths} 时，保留的不恰好是真实的键",
    "Lengths speak of keys, the last dimension; the real ones come first.",
    "长度说的是键，也就是最后一维；真实的键排在前面。",
)
ONE_PAD_KEPT = Looks(
    "a key of padding is kept: of n real keys the last has number n - 1",
    "有一个填充键被保留了：n 个真实键的最后一个编号是 n - 1",
)
LEFT = Looks("padding is looked for on the left, it is on the right", "把填充当成在左边了，它在右边")
QUERY_AXIS = Looks("padding lies on the queries, the third dimension", "填充掩码加在了查询那一维（第三维）")
PADDING_IGNORED = Looks("padding is kept", "填充被保留了")
OWN_LENGTH = Looks(
    "a sample does not get its own length",
    "样本用的不是自己的长度",
    "Which dimension of lengths has to meet which one of the mask?",
    "lengths 的那一维应该对上掩码的哪一维？",
)
FIRST_FOR_ALL = Looks("every sample gets the length of the first", "所有样本都用了第一个样本的长度")
LONGEST_FOR_ALL = Looks("every sample gets the largest length", "所有样本都用了最大的长度")
EMPTY = Looks(
    "a sample of length 0 keeps a key",
    "长度为 0 的样本保留了键",
    "A row without a key is for the attention to deal with; the mask says what is there.",
    "没有键的行由注意力去处理；掩码只如实描述。",
)
EMPTY_IGNORED = Looks(
    "a sample of length 0 keeps every key: 0 is a length too, and its rows stay empty",
    "长度为 0 的样本保留了所有键：0 也是长度，这些行就该是空的",
)
TOGETHER = Looks(
    "a key is not kept exactly where every rule keeps it",
    "保留的不恰好是所有规则都保留的键",
    "Rules are combined by and: each one can only take keys away.",
    "规则之间是“与”的关系：每条规则只会去掉键。",
)
ANY_RULE = Looks(
    "a key is kept where any rule keeps it: or instead of and", "只要有一条规则保留就保留了：“与”写成了“或”"
)
REOPENED = Looks(
    "a query in the padding keeps itself although lengths hides that key",
    "填充处的查询保留了自己，而 lengths 已经屏蔽了这个键",
)
PADDING_DROPPED = Looks("with causal, lengths is ignored", "有 causal 时，lengths 被忽略了")
CAUSAL_DROPPED = Looks("with lengths, causal is ignored", "有 lengths 时，causal 被忽略了")
WINDOW_DROPPED = Looks("with lengths, the window is ignored", "有 lengths 时，窗口被忽略了")
REAL_PLACE = Looks(
    "the queries stand at the end of the real keys: the place i + (S - T) does not depend on lengths",
    "查询被放到了真实键的末尾：位置 i + (S - T) 与 lengths 无关",
)
MUTATED = Looks(
    "an input is changed: {name}",
    "输入被改动了：{name}",
    "The next layer needs the lengths as they were: which method ends in an underscore?",
    "下一层还要用原来的 lengths：哪个方法名以下划线结尾？",
)
GENERAL = Looks(
    "the mask is wrong for T, S = {sizes}",
    "T, S = {sizes} 时掩码不对",
    "Which branch of the code do these sizes take?",
    "这样的尺寸走的是代码的哪个分支？",
)


def reference(queries, keys, lengths=None, causal=False, window=None, *, offset=None):
    """Key by key. `offset` is the place of query 0."""
    offset = keys - queries if offset is None else offset

    def kept(real, query, key):
        before = key <= query or not causal
        return key < real and before and (window is None or key > query - window)

    samples = [keys] if lengths is None else lengths.tolist()
    rows = range(offset, offset + queries)
    return torch.tensor([[[[kept(real, query, key) for key in range(keys)] for query in rows]] for real in samples])


def check_the_mask_is_boolean(submission):
    """The mask is boolean.
    掩码是布尔型。"""
    for options in {"causal": True}, {"lengths": torch.tensor([1])}, {}:
        got = submission.build_keep_mask(T, S, **options)
        expect_like(got, torch.empty(got.shape, dtype=torch.bool), NOT_BOOL)


def check_its_shape_fits_logits_of_every_head(submission):
    """Its shape is (B, 1, T, S), and (1, 1, T, S) without lengths.
    形状是 (B, 1, T, S)；没有 lengths 时是 (1, 1, T, S)。"""
    asking = submission.asking(on_error=SHAPE)
    for lengths, causal in product((None, torch.tensor([2]), torch.tensor([2, 1, 3, 2])), (False, True)):
        got = asking.build_keep_mask(T, S, lengths=lengths, causal=causal).value
        expect_like(got, reference(T, S, lengths, causal), SHAPE)


def check_without_rules_every_key_is_kept(submission):
    """Without rules every query keeps every key.
    没有规则时，每个查询保留所有键。"""
    want = reference(T, S)
    expect_equal(submission.build_keep_mask(T, S), want, NO_RULE, suspects=[(INVERTED, ~want)])


def check_a_causal_query_keeps_itself_and_what_came_before(submission):
    """With causal a query keeps itself and the keys before it.
    causal 时，查询保留自己和前面的键。"""
    want = reference(3, 3, causal=True)
    suspects = [
        (STRICT, reference(3, 3, causal=True, offset=-1)),
        (CAUSAL_IGNORED, reference(3, 3)),
        (CAUSAL_BACKWARDS, want.mT),
        (INVERTED, ~want),
    ]
    expect_equal(submission.build_keep_mask(3, 3, causal=True), want, CAUSAL, suspects=suspects)


def check_the_last_query_stands_at_the_last_key(submission):
    """Of S tokens the queries are the last T: the last query stands at the last key.
    查询是 S 个 token 中的最后 T 个：最后一个查询与最后一个键对齐。"""
    for queries, keys in (2, 3), (1, 3), (2, 5):
        suspects = [
            (UPPER_LEFT.about(first=keys - queries, keys=keys), reference(queries, keys, None, True, offset=0)),
            (CAUSAL_IF_SQUARE, reference(queries, keys)),
        ]
        got = submission.build_keep_mask(queries, keys, causal=True)
        looks = PLACE.about(queries=queries, keys=keys)
        expect_equal(got, reference(queries, keys, causal=True), looks, suspects=suspects)


def check_nothing_is_left_over_from_earlier_calls(submission):
    """A call gives the same mask whatever was asked before it.
    同样的调用总得到同样的掩码，与之前的调用无关。"""
    lengths = torch.tensor([2])
    asked = [rules | more for rules in RULES[:3] for more in ({}, {"lengths": lengths})]
    first = [submission.build_keep_mask(3, 3, **rules) for rules in asked]
    for rules, mask in reversed(list(zip(asked, first, strict=True))):
        expect_equal(submission.build_keep_mask(3, 3, **rules), mask, LEFT_OVER)


def check_a_window_counts_the_query_itself(submission):
    """A window of w are the last w keys, the query's own included.
    大小为 w 的窗口是最后 w 个键，包括查询自己。"""
    for window in 1, 2, 100:
        wrong = {
            ONE_TOO_MANY.about(window=window, more=window + 1): window + 1,
            ONE_TOO_FEW.about(window=window, fewer=window - 1): window - 1,
            WINDOW_IGNORED: None,
        }
        suspects = [(looks, reference(3, 3, causal=True, window=other)) for looks, other in wrong.items()]
        suspects += [(WINDOW_OF_THE_LAST, reference(3, 3, causal=True) & (torch.arange(3) >= 3 - window))]
        got = submission.build_keep_mask(3, 3, causal=True, window=window)
        looks = WINDOW.about(window=window)
        expect_equal(got, reference(3, 3, causal=True, window=window), looks, suspects=suspects)


def check_the_window_stands_where_the_query_does(submission):
    """The window ends at the place of the query, T < S or not.
    窗口以查询所在的位置为终点，T < S 时也一样。"""
    for queries, keys, window in (3, 4, 1), (2, 5, 3):
        causal = reference(queries, keys, causal=True)
        left_behind = reference(queries, keys, window=window, offset=0)
        looks = WINDOW_PLACE.about(query=0, token=keys - queries, keys=keys)
        got = submission.build_keep_mask(queries, keys, causal=True, window=window)
        suspects = [(WINDOW_LEFT_BEHIND, causal & left_behind), (WINDOW_IGNORED, causal)]
        expect_equal(got, reference(queries, keys, None, True, window), looks, suspects=suspects)


def check_real_keys_come_first_and_only_they_are_kept(submission):
    """Of a sample the first `length` keys are kept, for every query.
    每个样本保留前 length 个键，对所有查询都一样。"""
    for real in 1, 2, 3:
        lengths = torch.tensor([real])
        want = reference(T, S, lengths)
        suspects = [
            (ONE_PAD_KEPT, reference(T, S, lengths + 1)),
            (LEFT, want.flip(-1)),
            (QUERY_AXIS, (torch.arange(T) < real)[:, None].expand(1, 1, T, S)),
            (INVERTED, ~want),
            (PADDING_IGNORED, reference(T, S)),
        ]
        got = submission.build_keep_mask(T, S, lengths=lengths)
        expect_equal(got, want, PADDING.about(lengths=[real]), suspects=suspects)


def check_every_sample_has_its_own_length(submission):
    """Every sample has its own length.
    每个样本有自己的长度。"""
    for lengths in torch.tensor([1, 2]), torch.tensor([2, 3, 1, 3]):
        suspects = [
            (FIRST_FOR_ALL, reference(T, S, lengths[:1].expand_as(lengths))),
            (LONGEST_FOR_ALL, reference(T, S, lengths.max().expand_as(lengths))),
        ]
        got = submission.build_keep_mask(T, S, lengths=lengths)
        expect_equal(got, reference(T, S, lengths), OWN_LENGTH, suspects=suspects)


def check_a_key_has_to_pass_every_rule(submission):
    """A key is kept where every given rule keeps it.
    所有给出的规则都保留的键才保留。"""
    for lengths, window in (torch.tensor([1]), None), (torch.tensor([2]), None), (torch.tensor([2]), 2):
        want = reference(3, 3, lengths, True, window)
        suspects = [
            (REOPENED, want | torch.eye(3, dtype=torch.bool)),
            (PADDING_DROPPED, reference(3, 3, None, True, window)),
            (CAUSAL_DROPPED, reference(3, 3, lengths, False, window)),
            (WINDOW_DROPPED, reference(3, 3, lengths, True)),
            (ANY_RULE, reference(3, 3, None, True, window) | reference(3, 3, lengths)),
            (REAL_PLACE, reference(3, 3, lengths, True, window, offset=int(lengths) - 3)),
        ]
        got = submission.build_keep_mask(3, 3, lengths=lengths, causal=True, window=window)
        expect_equal(got, want, TOGETHER, suspects=suspects)


def check_a_sample_of_length_zero_keeps_nothing(submission):
    """A sample of length 0 keeps no key, with causal neither.
    长度为 0 的样本不保留任何键，causal 时也一样。"""
    for lengths, causal in product((torch.tensor([0]), torch.tensor([0, 0]), torch.tensor([2, 0])), (False, True)):
        suspects = [(EMPTY_IGNORED, reference(T, S, torch.full_like(lengths, S), causal))]
        got = submission.build_keep_mask(T, S, lengths=lengths, causal=causal)
        expect_equal(got, reference(T, S, lengths, causal), EMPTY, suspects=suspects)


def check_lengths_stays_as_it_was(submission):
    """lengths stays as it was.
    lengths 保持原样。"""
    for rules in RULES[:3]:
        expect_untouched(submission.asking().build_keep_mask(T, S, lengths=torch.tensor([2, 0, 3]), **rules), MUTATED)


def check_every_size_and_every_combination_comes_out_right(submission):
    """Right for every size and every combination of rules.
    各种尺寸、各种规则组合都正确。"""
    for (queries, keys), rules in product(SIZES, RULES):
        for lengths in None, torch.randint(keys + 1, (3,)):
            got = submission.build_keep_mask(queries, keys, lengths=lengths, **rules)
            expect_equal(got, reference(queries, keys, lengths, **rules), GENERAL.about(sizes=(queries, keys)))
