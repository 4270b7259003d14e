"""What the commands of LaTeX mean: symbols with their kinds, names of functions, accents, alphabets, scripts."""

from __future__ import annotations

_SYMBOLS = {
    "ord": """
        alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ lambda λ
        mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi ϕ varphi φ chi χ
        psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω
        infty ∞ partial ∂ nabla ∇ ell ℓ hbar ℏ wp ℘ Re ℜ Im ℑ aleph ℵ imath ı jmath ȷ forall ∀ exists ∃ nexists ∄
        emptyset ∅ varnothing ∅ top ⊤ intercal ⊤ bot ⊥ angle ∠ prime ′ dagger † ddagger ‡ degree ° neg ¬ lnot ¬
        ldots … dots … dotsc … cdots ⋯ dotsb ⋯ vdots ⋮ ddots ⋱ checkmark ✓ blacksquare ■ square □ Box □ triangle △
        therefore ∴ because ∵ vert | Vert ‖ | ‖ backslash \\ # # % % $ $ _ _ & & S § copyright © pounds £ colon :
        clubsuit ♣ sharp ♯ flat ♭ surd √ lbrace { rbrace } AA Å
    """,
    "bin": """
        cdot · times × div ÷ pm ± mp ∓ ast * star ⋆ circ ∘ bullet • odot ⊙ oplus ⊕ otimes ⊗ ominus ⊖ oslash ⊘
        cup ∪ cap ∩ uplus ⊎ sqcup ⊔ sqcap ⊓ setminus ∖ smallsetminus ∖ wedge ∧ land ∧ vee ∨ lor ∨ amalg ⨿
        bmod mod ltimes ⋉ rtimes ⋊ diamond ⋄ dagger † boxtimes ⊠ boxplus ⊞
    """,
    "rel": """
        le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ neq ≠ ne ≠ lt < gt > equiv ≡ approx ≈ sim ∼ simeq ≃ cong ≅
        propto ∝ ll ≪ gg ≫ lll ⋘ ggg ⋙ asymp ≍ doteq ≐ triangleq ≜ coloneqq ≔ eqqcolon ≕ lesssim ≲ gtrsim ≳
        in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ subsetneq ⊊ supset ⊃ supseteq ⊇ sqsubseteq ⊑ prec ≺ preceq ⪯ succ ≻
        succeq ⪰ mid | nmid ∤ parallel ∥ perp ⊥ models ⊨ vdash ⊢ dashv ⊣ vDash ⊨
        to → rightarrow → leftarrow ← gets ← mapsto ↦ longmapsto ⟼ hookrightarrow ↪ leftrightarrow ↔ uparrow ↑
        downarrow ↓ updownarrow ↕ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔ longrightarrow ⟶ longleftarrow ⟵
        Longrightarrow ⟹ implies ⟹ impliedby ⟸ iff ⟺ Longleftrightarrow ⟺ nearrow ↗ searrow ↘ rightsquigarrow ⇝
        leadsto ⇝ rightleftharpoons ⇌ upharpoonright ↾
    """,
    "open": "lfloor ⌊ lceil ⌈ langle ⟨ lvert | lVert ‖ { { lbrack [ lgroup ( ulcorner ⌜",
    "close": "rfloor ⌋ rceil ⌉ rangle ⟩ rvert | rVert ‖ } } rbrack ] rgroup ) urcorner ⌝",
    "big": """
        sum ∑ prod ∏ coprod ∐ int ∫ iint ∬ iiint ∭ oint ∮ bigoplus ⨁ bigotimes ⨂ bigodot ⨀ bigcup ⋃ bigcap ⋂
        bigsqcup ⨆ bigwedge ⋀ bigvee ⋁ biguplus ⨄
    """,
}


def _pairs(table: dict[str, str]) -> dict[str, tuple[str, str]]:
    found = {}
    for kind, listed in table.items():
        words = listed.split()
        for name, text in zip(words[::2], words[1::2], strict=True):
            found[name] = (text, kind)
    return found


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


SYMBOLS: dict[str, tuple[str, str]] = _pairs(_SYMBOLS)

CHARACTERS = {
    **{text: kind for text, kind in SYMBOLS.values() if not text.isascii() and len(text) == 1},
    **dict.fromkeys("=<>:", "rel"),
    **dict.fromkeys("+−*", "bin"),
    **dict.fromkeys(",;，；、", "punct"),
    **dict.fromkeys("([（", "open"),
    **dict.fromkeys(")]）", "close"),
    **dict.fromkeys("⊥‖", "ord"),
    "/": "slash",
}

LIMIT_FUNCTIONS = _words("max min sup inf lim limsup liminf argmax argmin Pr det gcd injlim projlim")
FUNCTIONS = LIMIT_FUNCTIONS | _words(
    "sin cos tan sec csc cot sinh cosh tanh coth arcsin arccos arctan exp log ln lg arg dim ker deg hom softmax"
)

SPACES = {
    **dict.fromkeys([",", ":", ">", ";", " ", "thinspace", "medspace", "thickspace", "enspace", "enskip", "space"], 1),
    **dict.fromkeys(["!", "negthinspace"], 0),
    "quad": 2,
    "qquad": 4,
}

COMBINING = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "overline": "\u0304", "vec": "\u20d7",
             "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "breve": "\u0306", "acute": "\u0301",
             "grave": "\u0300", "mathring": "\u030a", "underline": "\u0332"}  # fmt: skip
WIDE_ACCENTS = {"widehat": "hat", "widetilde": "tilde", "overrightarrow": "vec", "underbar": "underline"}

NEGATED = {"=": "≠", "∈": "∉", "∋": "∌", "⊂": "⊄", "⊆": "⊈", "⊃": "⊅", "≡": "≢", "∃": "∄", "<": "≮", ">": "≯",
           "≤": "≰", "≥": "≱", "∼": "≁", "≈": "≉", "≅": "≇", "∥": "∦", "|": "∤", "→": "↛", "⇒": "⇏"}  # fmt: skip

STACKED_EQUALS = {"def": "≝", "?": "≟", "△": "≜"}

SUPERSCRIPTS = str.maketrans(
    "0123456789+−-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθϕφχ⊤∘⋆",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵠᵡᵀ°*",
)
SUBSCRIPTS = str.maketrans(
    "0123456789+−-=()aehijklmnoprstuvxβγρϕφχ",
    "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵩᵪ",
)
RAISED = "′″‴*†‡"  # already above the line


def _alphabet(capital: int, small: int, holes: str = "") -> dict[int, str]:
    """A mathematical alphabet; `holes` lists letters that Unicode had encoded earlier, each before its stand-in."""
    table = {65 + i: chr(capital + i) for i in range(26)}
    if small:
        table |= {97 + i: chr(small + i) for i in range(26)}
    return table | {ord(letter): stand_in for letter, stand_in in zip(holes[::2], holes[1::2], strict=True)}


_DOUBLE_DIGITS = {48 + i: chr(0x1D7D8 + i) for i in range(10)}
_BOLD = (
    _alphabet(0x1D400, 0x1D41A, "ϕ𝛟ϵ𝛜∇𝛁∂𝛛")
    | {48 + i: chr(0x1D7CE + i) for i in range(10)}
    | {0x391 + i: chr(0x1D6A8 + i) for i in range(25)}
    | {0x3B1 + i: chr(0x1D6C2 + i) for i in range(25)}
)
_SCRIPT = _alphabet(0x1D49C, 0, "BℬEℰFℱHℋIℐLℒMℳRℛ")

ALPHABETS: dict[str, dict[int, str]] = {
    "mathbb": _alphabet(0x1D538, 0x1D552, "CℂHℍNℕPℙQℚRℝZℤ") | _DOUBLE_DIGITS,
    "mathbf": _BOLD,
    "boldsymbol": _BOLD,
    "bm": _BOLD,
    "pmb": _BOLD,
    "mathcal": _SCRIPT,
    "mathscr": _SCRIPT,
    "mathfrak": _alphabet(0x1D504, 0x1D51E, "CℭHℌIℑRℜZℨ"),
}
UPRIGHT = _words("mathrm mathsf mathtt mathup")
TEXT = _words("text textrm textbf textit texttt textsf textnormal textup mbox hbox emph")
