"""The checks of attention with a cache: what is written, what is seen, and how it is weighed; then whole sequences.

Slots that are not filled yet hold NaN, so that whoever reads one is found out.
"""

import torch

from attnquiz.judge.compare import (
    Looks,
    difference,
    expect,
    expect_close,
    expect_equal,
    expect_like,
    expect_raises,
)

PLANS = [1] * 5, [5, 1, 1, 3, 1], [1, 4, 2], [7], [3, 3, 3]  # sizes of the chunks
HEADS = (3, 3), (6, 2), (4, 1)  # of queries; of keys and values
B, D = 2, 5

LIKE_Q = Looks(
    "the result is not like q",
    "结果与 q 的形状或 dtype 不一致",
    "One output for every query: (B, H, T, D), in the dtype of q.",
    "每个查询一个输出：(B, H, T, D)，dtype 与 q 相同。",
)
MOVED = Looks(
    "no longer the tensors that they were: {name}; the cache was made anew instead of written to",
    "不再是原来的张量：{name}；缓存是重新分配的，而不是原地写入的",
    "What does torch.cat copy, for every single token? Assign to a slice instead.",
    "每来一个 token，torch.cat 要复制多少？改为给切片赋值。",
)
WRITTEN = Looks(
    "the slots do not hold the old {en} and then the new",
    "槽位里的{zh}不是“旧的在前、新的在后”",
    "Which slots belong to T new tokens when `len` are there already?",
    "已有 len 个 token 时，新来的 T 个应该写进哪些槽位？",
)
NOT_WRITTEN = Looks("the new {en} are not in the cache", "新的{zh}没有写进缓存")
AT_ZERO = Looks("the new {en} are written from slot 0 on, over the old", "新的{zh}从第 0 个槽位写起，盖掉了旧的")
AT_END = Looks("the new {en} are written into the last slots of the buffer", "新的{zh}写进了缓存末尾的槽位")
LAST_ALONE = Looks("of the new {en} only those of the last token are written", "新的{zh}只写入了最后一个 token 的")
EXCHANGED = Looks("keys and values have changed places", "键和值写反了")
LEN = Looks(
    "`len` is not what it was plus T",
    "`len` 没有恰好增加 T",
    "How many slots are filled after this call?",
    "这次调用之后有多少个槽位是满的？",
)
LEN_PLUS_ONE = Looks(
    "`len` grows by 1 for a chunk of {T} tokens",
    "一块有 {T} 个 token，`len` 却只增加了 1",
    LEN.think_en,
    LEN.think_zh,
)
LEN_KIND = Looks("`len` is no longer an int", "`len` 不再是 int", "The caller counts with it.", "调用者要用它计数。")
LEN_STANDS = Looks(
    "`len` does not grow: the next call would write over these tokens",
    "`len` 没有增加：下次调用会盖掉这些 token",
    LEN.think_en,
    LEN.think_zh,
)
SEES = Looks(
    "with q = 0 all keys in sight weigh the same: the result is not the mean of the values up to the query's own",
    "q = 0 时看得见的键权重相同：结果不是“到查询自己为止”的值的平均",
    "Write, for every query, the numbers of the slots that it may see.",
    "为每个查询写下它能看到的槽位编号。",
)
NOT_ITSELF = Looks(
    "a token does not see itself: its own key and value are left out", "token 看不到自己：自己的键和值被漏掉了"
)
SEES_NEXT = Looks(
    "a query sees one token too far: the first one after its own", "查询多看了一个：看到了自己后面的第一个 token"
)
UPPER_LEFT = Looks(
    "query 0 sees slot 0 alone: the causal mask starts in the upper left corner, as if the cache were empty",
    "第 0 个查询只看到第 0 个槽位：因果掩码从左上角开始，好像缓存是空的",
    "Query 0 of this call stands at `len`.",
    "本次调用的第 0 个查询的位置是 `len`。",
)
BEYOND = Looks(
    "slots that are not filled yet are read: they hold NaN",
    "读到了还没有填的槽位：里面是 NaN",
    "A weight of 0 does not help, for 0 · NaN is NaN: how far does the slice go?",
    "权重为 0 也没用，因为 0 · NaN 还是 NaN：切片应该取到哪里？",
)
EMPTY_AS_ZEROS = Looks(
    "slots that are not filled yet take part as zeros: their score is 0, which is a score like any other",
    "还没有填的槽位当成 0 参与了计算：它们的分数是 0，而 0 只是一个普通的分数",
)
NOT_AVERAGE = Looks(
    "the weights of a query do not add up to 1 over the keys",
    "每个查询在所有键上的权重之和不等于 1",
    "Over which dimension does the softmax run?",
    "softmax 沿哪个维度做？",
)
NO_CAUSAL = Looks(
    "inside the chunk the future is seen: every query sees all new tokens",
    "块内看到了未来：每个查询都看到了所有新 token",
)
MASK_LATE = Looks(
    "the mask comes after the softmax: the weights that are left do not add up to 1",
    "掩码加在 softmax 之后：剩下的权重之和不是 1",
)
CHUNK_ALONE = Looks(
    "the new tokens see each other alone, not what is in the cache already", "新 token 只看到彼此，看不到缓存里已有的"
)
SCALE = Looks(
    "the scores are not scaled by 1/√D",
    "分数没有乘以 1/√D",
    "A dot product sums D terms, however long the cache is.",
    "点积是 D 项之和，与缓存有多长无关。",
)
NO_SCALE = Looks("the scores are not scaled at all", "分数完全没有缩放")
SCALE_D = Looks("the scores are divided by D instead of √D", "分数除以了 D，而不是 √D")
SCALE_MODEL = Looks("the scores are divided by √(H·D) instead of √D", "分数除以了 √(H·D)，而不是 √D")
SCALE_LENGTH = Looks(
    "the scores are divided by the root of a length instead of √D", "分数除以了长度的平方根，而不是 √D"
)
GROUPS = Looks(
    "query head h does not attend to key and value head h // G",
    "第 h 个查询头用的不是第 h // G 个键值头",
    "With H = 4 and 2 key heads: heads 0 and 1 share one, 2 and 3 the other.",
    "H = 4、键值头有 2 个时：第 0、1 头共用一个，第 2、3 头共用另一个。",
)
MODULO = Looks(
    "query head h attends to head h % Hkv: the key heads are tiled (repeat), not repeated one by one",
    "第 h 个查询头用了第 h % Hkv 个键值头：键值头被整体平铺（repeat），而不是逐个重复",
)
FIRST_HEAD = Looks("every query head attends to key and value head 0", "所有查询头都用了第 0 个键值头")
STALE = Looks(
    "what stands in the slots that are not filled yet has an influence: here {fill:g}, left from an earlier sequence",
    "还没有填的槽位里的内容影响了结果：这里是上一条序列留下的 {fill:g}",
    "Which number says how many slots are filled?",
    "哪个数说明填了多少个槽位？",
)
NO_ROOM = Looks(
    "not refused with a {{kind}}: {T} new in a cache with room for {room} more",
    "没有以 {{kind}} 拒绝：新 token 有 {T} 个，缓存只剩 {room} 个空位",
    "A slice beyond the end is cut short without a word: compare before you write.",
    "超出末尾的切片会被悄悄截短：写入之前先比较。",
)
EXACT_FIT = Looks(
    "tokens that fill the cache exactly are refused",
    "恰好填满缓存的 token 被拒绝了",
    "With room for N, which is the largest `len` afterwards?",
    "缓存能放 N 个，写完之后 `len` 最大是多少？",
)
MUTATED = Looks(
    "an input other than the cache is changed: {name}",
    "缓存以外的输入被改动了：{name}",
    "Only the cache is written to: `x *= a` writes into x.",
    "只有缓存可以写入：`x *= a` 会写进 x。",
)
MIXED_UP = Looks(
    "two caches that are used in turns disturb each other",
    "两份缓存交替使用时互相干扰",
    "Everything that has to be remembered is in the cache that is given: is something kept elsewhere?",
    "需要记住的都在传进来的缓存里：有没有存在别处的东西？",
)
GENERAL = Looks(
    "wrong for chunks of {plan} tokens with H, Hkv = {heads}",
    "按 {plan} 分块、H, Hkv = {heads} 时结果不对",
    "All at once must give what the chunks give: which sample, head, token is off?",
    "分块的结果必须与一次算完相同：是哪个样本、哪个头、哪个 token 不对？",
)


def draw(*shape):
    return torch.randn(shape, dtype=torch.float64)


def make_cache(k, v, room, fill=torch.nan):
    """A cache in which k and v are there already, with room for `room` tokens in all."""
    cache = {"len": k.shape[2]}
    for name, there in ("k", k), ("v", v):
        cache[name] = there.new_full((*k.shape[:2], room, k.shape[3]), fill)
        cache[name][:, :, : k.shape[2]] = there
    return cache


def reference(q, k, v, *, seen=None, scale=None, kv_head=None):
    """The T queries are the last of the S tokens. `seen[t]` is the number of keys that query t sees."""
    T, S, H, G = q.shape[2], k.shape[2], q.shape[1], q.shape[1] // k.shape[1]
    seen = range(S - T + 1, S + 1) if seen is None else seen
    scale = q.shape[3] ** -0.5 if scale is None else scale
    out = torch.empty_like(q)
    for h in range(H):
        kv = h // G if kv_head is None else kv_head(h)
        for t in range(T):
            keys, values = k[:, kv, : seen[t]], v[:, kv, : seen[t]]
            weights = (keys @ q[:, h, t, :, None] * scale).softmax(1)  # (B, seen, 1)
            out[:, h, t] = (weights * values).sum(1)
    return out


def attend(submission, q, k, v, T, room, fill=torch.nan, **options):
    """The whole reply to the last T of the tokens k and v, with those before them in the cache."""
    cache = make_cache(k[:, :, :-T], v[:, :, :-T], room, fill)
    return submission.asking(**options).cached_attention(q, k[:, :, -T:], v[:, :, -T:], cache)


def check_the_result_is_like_q(submission):
    """The result has the shape and the dtype of q.
    结果的形状和 dtype 与 q 相同。"""
    for dtype in torch.float64, torch.float32:
        q, k, v = (draw(*shape).to(dtype) for shape in [(2, 6, 4, 5), (2, 3, 7, 5), (2, 3, 7, 5)])
        expect_like(attend(submission, q, k, v, T=4, room=8).value, q, LIKE_Q)


def check_the_buffers_are_written_in_place(submission):
    """The buffers of the cache stay where they are in memory.
    缓存的张量在内存中保持原位。"""
    for T in 1, 3:
        k, v = draw(2, 1, 2, 5, 3)
        reply = attend(submission, draw(1, 2, T, 3), k, v, T=T, room=6)
        expect(not reply.moved, MOVED.about(name=", ".join(reply.moved)))


def check_new_keys_and_values_go_into_the_slots_from_len_on(submission):
    """New keys and values go into the slots from len on, and what was there stays.
    新的键和值写进从 len 开始的槽位，原有内容不变。"""
    for batch, heads, width in (1, 1, 1), (2, 3, 4):
        T, S, room = 2, 4, 5
        tokens = {"k": draw(batch, heads, S, width), "v": draw(batch, heads, S, width)}
        cache = attend(submission, draw(batch, heads, T, width), *tokens.values(), T=T, room=room).after["cache"]
        for name, other, en, zh in ("k", "v", "keys", "键"), ("v", "k", "values", "值"):
            want, looks = tokens[name], WRITTEN.about(en=en, zh=zh)
            expect_like(cache.get(name), want.new_empty(batch, heads, room, width), looks, name=name)
            old, new, empty = want[:, :, :-T], want[:, :, -T:], torch.full_like(want, torch.nan)
            wrong = {
                NOT_WRITTEN: (old, empty),
                AT_ZERO: (new, empty),
                AT_END: (old, empty[:, :, :1], new),
                LAST_ALONE: (old, new[:, :, -1:], empty),
                EXCHANGED: (old, tokens[other][:, :, -T:]),
            }
            suspects = [(looks.about(en=en, zh=zh), torch.cat(parts, 2)[:, :, :S]) for looks, parts in wrong.items()]
            expect_equal(cache[name][:, :, :S], want, looks, suspects=suspects, name=name)


def check_len_grows_by_the_number_of_new_tokens(submission):
    """len grows by T.
    len 增加 T。"""
    for T in 1, 3:
        k, v = draw(2, 1, 1, 2 + T, 1)
        after = attend(submission, draw(1, 1, T, 1), k, v, T=T, room=6).after["cache"]["len"]
        expect(type(after) is int, LEN_KIND, *difference("int", type(after).__name__, " len"))
        looks = {3: LEN_PLUS_ONE.about(T=T), 2: LEN_STANDS}.get(after, LEN)
        expect(after == 2 + T, looks, *difference(2 + T, after, " len"))


def check_a_new_token_sees_itself_and_all_before(submission):
    """A new token sees itself and all tokens in the cache, and no slot beyond.
    新 token 看到自己和缓存里的所有 token，不读后面的槽位。"""
    q, k, v = torch.zeros(1, 1, 1, 1, dtype=torch.float64), draw(1, 1, 3, 1), draw(1, 1, 3, 1)
    whole = [torch.nn.functional.pad(tensor, (0, 0, 0, 1)) for tensor in (k, v)]
    suspects = [
        (NOT_ITSELF, reference(q, k, v, seen=[2])),
        (UPPER_LEFT, reference(q, k, v, seen=[1])),
        (CHUNK_ALONE, v[:, :, -1:]),
        (EXCHANGED, reference(q, v, k)),
        (BEYOND, torch.full_like(q, torch.nan)),
        (EMPTY_AS_ZEROS, reference(q, *whole)),
        (NOT_AVERAGE, v.sum(2, keepdim=True)),
    ]
    expect_close(attend(submission, q, k, v, T=1, room=4).value, reference(q, k, v), SEES, suspects=suspects)


def check_a_chunk_is_causal_inside_and_sees_the_cache(submission):
    """Inside a chunk a token sees those before it, those in the cache included, and none after it.
    块内的 token 看到自己前面的（包括缓存里的），看不到后面的。"""
    for T, S in (3, 4), (2, 4), (2, 2):
        q, k, v = torch.zeros(1, 1, T, 1, dtype=torch.float64), draw(1, 1, S, 1), draw(1, 1, S, 1)
        suspects = [
            (NO_CAUSAL, reference(q, k, v, seen=[S] * T)),
            (UPPER_LEFT, reference(q, k, v, seen=range(1, T + 1))),
            (SEES_NEXT, reference(q, k, v, seen=[min(S - T + 2 + t, S) for t in range(T)])),
            (MASK_LATE, v.cumsum(2)[:, :, -T:] / S),
            (CHUNK_ALONE, reference(q, k[:, :, -T:], v[:, :, -T:])),
            (CHUNK_ALONE, reference(q, k[:, :, -T:], v[:, :, -T:], seen=[T] * T)),
        ]
        expect_close(attend(submission, q, k, v, T=T, room=5).value, reference(q, k, v), SEES, suspects=suspects)


def check_scores_are_divided_by_root_d(submission):
    """Scores are divided by √D, however long the cache is.
    分数除以 √D，与缓存长度无关。"""
    for heads, T, S, room, width in (1, 3, 5, 6, 2), (2, 1, 4, 5, 3):
        q, k, v = draw(1, heads, T, width), draw(1, 1, S, width), draw(1, 1, S, width)
        lengths = dict.fromkeys((T, S, room), SCALE_LENGTH)
        wrong = lengths | {1: NO_SCALE, width**2: SCALE_D, width * heads: SCALE_MODEL}
        suspects = [(looks, reference(q, k, v, scale=divisor**-0.5)) for divisor, looks in wrong.items()]
        expect_close(attend(submission, q, k, v, T=T, room=room).value, reference(q, k, v), SCALE, suspects=suspects)


def check_query_head_h_attends_to_head_h_over_g(submission):
    """Query head h attends to the key and value head h // G.
    第 h 个查询头使用第 h // G 个键值头。"""
    for heads, kv_heads in (4, 2), (6, 3):
        q, k, v = draw(1, heads, 1, 1), draw(1, kv_heads, 2, 1), draw(1, kv_heads, 2, 1)
        suspects = [
            (MODULO, reference(q, k, v, kv_head=lambda h, kv_heads=kv_heads: h % kv_heads)),
            (FIRST_HEAD, reference(q, k, v, kv_head=lambda h: 0)),
        ]
        expect_close(attend(submission, q, k, v, T=1, room=3).value, reference(q, k, v), GROUPS, suspects=suspects)


def check_what_stands_beyond_len_has_no_influence(submission):
    """What stands in slots that are not filled yet has no influence, be it NaN or left from before.
    还没有填的槽位里无论是 NaN 还是旧数据，都不影响结果。"""
    for T, fill in (1, 7.0), (2, -1e4):
        q, k, v = draw(1, 1, T, 1), draw(1, 1, 3, 1), draw(1, 1, 3, 1)
        got = attend(submission, q, k, v, T=T, room=5, fill=fill).value
        expect_close(got, reference(q, k, v), STALE.about(fill=fill))


def check_tokens_that_do_not_fit_are_refused(submission):
    """ValueError if there is no room for all T tokens.
    放不下全部 T 个 token 时抛出 ValueError。"""
    for T, there, room in (1, 3, 3), (3, 2, 4), (4, 0, 3):
        k, v = draw(2, 1, 1, there + T, 1)
        cache = make_cache(k[:, :, :there], v[:, :, :there], room)
        asking = submission.asking(may_raise=True)
        reply = asking.cached_attention(draw(1, 1, T, 1), k[:, :, there:], v[:, :, there:], cache)
        expect_raises(reply, "ValueError", NO_ROOM.about(T=T, room=room - there))


def check_the_last_slot_can_be_filled(submission):
    """Tokens that fill the cache exactly are accepted.
    恰好填满缓存是允许的。"""
    for T, S in (1, 3), (2, 3), (4, 4):
        q, k, v = draw(1, 1, T, 1), draw(1, 1, S, 1), draw(1, 1, S, 1)
        got = attend(submission, q, k, v, T=T, room=S, on_error=EXACT_FIT).value
        expect_close(got, reference(q, k, v), EXACT_FIT)


def check_only_the_cache_is_changed(submission):
    """q, k_new and v_new stay as they were.
    q、k_new、v_new 保持原样。"""
    for T, S in (1, 1), (1, 4), (3, 5):
        k, v = draw(2, 2, 2, S, 3)
        changed = attend(submission, draw(2, 4, T, 3), k, v, T=T, room=6).changed
        others = [name for name in changed if name != "cache"]
        expect(not others, MUTATED.about(name=", ".join(others)))


def check_two_caches_used_in_turns_do_not_disturb_each_other(submission):
    """All that is remembered is in the cache: two sequences can take turns.
    需要记住的都在缓存里：两条序列可以交替进行。"""
    sequences = [(draw(1, 2, 4, 3), draw(1, 1, 4, 3), draw(1, 1, 4, 3)) for _ in range(2)]
    caches = [make_cache(k[:, :, :0], v[:, :, :0], room=5) for _, k, v in sequences]
    for start, stop in (0, 2), (2, 3), (3, 4):
        for number, (q, k, v) in enumerate(sequences):
            chunk = [tensor[:, :, start:stop] for tensor in (q, k, v)]
            reply = submission.asking().cached_attention(*chunk, caches[number])
            expect_close(reply.value, reference(chunk[0], k[:, :, :stop], v[:, :, :stop]), MIXED_UP)
            caches[number] = reply.after["cache"]


def check_chunks_give_what_one_pass_over_all_tokens_gives(submission):
    """Whatever the chunks and the numbers of heads, the outputs are those of one causal pass over all tokens.
    无论怎样分块、有多少个头，输出都与整条序列一次算完相同。"""
    for heads in HEADS:
        for plan in PLANS:
            looks = GENERAL.about(plan=plan, heads=heads)
            q, k, v = (draw(B, count, sum(plan), D) for count in (heads[0], heads[1], heads[1]))
            cache, stop = make_cache(k[:, :, :0], v[:, :, :0], room=sum(plan) + 2), 0
            want = reference(q, k, v)
            for T in plan:
                start, stop = stop, stop + T
                chunk = [tensor[:, :, start:stop] for tensor in (q, k, v)]
                reply = submission.asking().cached_attention(*chunk, cache)
                expect_close(reply.value, want[:, :, start:stop], looks)
                cache = reply.after["cache"]
            expect_equal(cache["k"][:, :, :stop], k, looks, name="k")
            expect_equal(cache["v"][:, :, :stop], v, looks, name="v")
