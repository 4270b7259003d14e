# fails: len_grows_by_the_number_of_new_tokens
import torch
from torch.nn.functional import scaled_dot_product_attention


def cached_attention(q, k_new, v_new, cache):
    places = torch.arange(k_new.shape[2]) + cache["len"]
    if places[-1] >= cache["k"].shape[2]:
        raise ValueError("no room")
    cache["k"][:, :, places] = k_new
    cache["v"][:, :, places] = v_new
    cache["len"] = places[-1] + 1
    k, v = cache["k"][:, :, : cache["len"]], cache["v"][:, :, : cache["len"]]
    keep = torch.arange(k.shape[2]) <= places[:, None]
    return scaled_dot_product_attention(q, k, v, attn_mask=keep, enable_gqa=True)
