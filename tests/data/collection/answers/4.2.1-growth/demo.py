# %% [markdown]
# # Why does a dynamic array grow by a factor?
# %%
def count_copies(appends, grow):
    room = used = copies = 0
    for _ in range(appends):
        if used == room:
            copies += used
            room = grow(room)
        used += 1
    return copies


# %% [markdown]
# ## Claim 1: doubling copies each element less than twice
# %%
measured = count_copies(1000, lambda room: max(1, 2 * room)) / 1000
control = count_copies(1000, lambda room: room + 8) / 1000
assert measured < 2.5 < control
# %% [markdown]
# ## Claim 2: a constant step copies each element many times
# %%
measured, control = control, measured
assert control < 25 < measured
