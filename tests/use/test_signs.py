"""What a text is written in: emoji in words, other languages and unknown signs flagged, English left alone."""

import emoji
import pytest

from vadstudy import corpora
from vadstudy.model import load_encoder
from vadstudy.use import signs

#: How people write when they feel something, in other languages; written for these tests.
OTHERS = {
    "German": (
        "Ich freue mich so sehr, dass du morgen endlich kommst!",
        "Das ist wirklich das Schlimmste, was mir in diesem Jahr passiert ist, und niemand hilft mir.",
        "Keine Ahnung, warum er so wütend auf mich war.",
    ),
    "French": (
        "Je suis tellement contente de te revoir demain matin !",
        "Franchement, c'est la pire journée de ma vie et personne ne veut m'écouter.",
        "J'ai peur que tout soit perdu maintenant.",
    ),
    "Spanish": (
        "Estoy muy feliz de que vengas mañana a la fiesta con nosotros.",
        "No puedo creer que me hayas mentido otra vez, estoy harto de todo esto.",
        "Me da mucha pena que se haya ido tan pronto.",
    ),
    "Italian": (
        "Sono così contenta che tu venga domani da noi!",
        "Non ci posso credere, è la cosa peggiore che mi sia mai capitata quest'anno.",
        "Mi fa paura pensare a quello che potrebbe succedere.",
    ),
    "Portuguese": (
        "Estou muito feliz porque amanhã vamos finalmente viajar juntos.",
        "Não acredito que você fez isso comigo de novo, que vergonha.",
        "Tenho muita saudade da minha avó e da casa dela.",
    ),
    "Dutch": (
        "Ik ben zo blij dat je morgen eindelijk langskomt!",
        "Dit is echt het ergste wat me dit jaar is overkomen en niemand wil me helpen.",
        "Ik weet niet waarom hij zo boos op mij was.",
    ),
    "Polish": (
        "Bardzo się cieszę, że jutro do nas przyjeżdżasz!",
        "Nie mogę uwierzyć, że znowu mnie okłamałeś, mam tego dosyć.",
        "Boję się, że wszystko pójdzie źle.",
    ),
    "Swedish": (
        "Jag är så glad att du äntligen kommer hem i morgon!",
        "Det här är det värsta som har hänt mig i år och ingen vill hjälpa mig.",
        "Jag förstår inte varför han var så arg på mig.",
    ),
    "Turkish": (
        "Yarın geleceğin için o kadar mutluyum ki anlatamam!",
        "Bana yine yalan söylediğine inanamıyorum, artık bıktım bundan.",
        "Her şeyin kötü gitmesinden korkuyorum.",
    ),
    "Indonesian": (
        "Saya sangat senang karena besok kamu akhirnya datang ke rumah kami.",
        "Aku tidak percaya kamu berbohong lagi kepadaku, aku sudah lelah dengan semua ini.",
        "Saya takut semuanya akan menjadi buruk.",
    ),
    "Russian": (
        "Я так рада, что ты завтра наконец приедешь к нам!",
        "Не могу поверить, что ты снова мне солгал, мне это надоело.",
        "Мне страшно, что всё пойдёт не так.",
    ),
    "Greek": ("Χαίρομαι τόσο πολύ που έρχεσαι αύριο στο σπίτι μας!", "Δεν μπορώ να πιστέψω ότι μου είπες πάλι ψέματα."),
    "Arabic": ("أنا سعيدة جدا لأنك ستأتي غدا إلى بيتنا", "لا أصدق أنك كذبت علي مرة أخرى، لقد سئمت من كل هذا"),
    "Hebrew": ("אני כל כך שמחה שאתה מגיע מחר סוף סוף", "אני לא מאמין ששיקרת לי שוב, נמאס לי מכל זה"),
    "Hindi": ("मैं बहुत खुश हूँ कि तुम कल हमारे घर आ रहे हो", "मुझे विश्वास नहीं होता कि तुमने मुझसे फिर झूठ बोला"),
    "Chinese": ("我真的很高兴你明天终于要来我们家了", "我不敢相信你又骗了我,我已经受够了这一切"),
    "Japanese": ("明日やっと会えるのがとても嬉しいです", "また嘘をつかれたなんて信じられない、もううんざりだ"),
    "Korean": ("내일 드디어 네가 온다니 정말 기뻐", "또 나에게 거짓말을 했다니 믿을 수가 없어, 정말 지쳤어"),
}


@pytest.fixture(scope="module")
def tokenizer():
    return load_encoder("tiny")[0]


def flagged(tokenizer, *texts, max_length=200):
    """Flags of texts as the pipeline makes them."""
    encoded = tokenizer([signs.in_words(text) for text in texts], truncation=True, max_length=max_length)
    cut = [bool(each.overflowing) for each in encoded.encodings]
    return signs.flags(texts, encoded["input_ids"], cut, tokenizer, max_length)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("so funny 😂", "so funny face with tears of joy"),
        ("😂😂 😂!", "face with tears of joy !"),
        ("😂 no 😂", "face with tears of joy no face with tears of joy"),
        ("👍🏽👍🏽", "thumbs up"),
        ("well🤷🏻\u200d♀️then", "well woman shrugging then"),
        ("I ❤️ it, I ❤ it", "I red heart it, I red heart it"),
        ("😡😭", "enraged face loudly crying face"),
        ("🇩🇪", "Germany"),
    ],
)
def test_emoji_are_read_by_their_names(text, words):
    assert signs.in_words(text).split() == words.split()


@pytest.mark.parametrize(
    "text", ["plain", "two  spaces :) :joy:", "© 2020 ™", "naïve café", "\u200b", "你好", "1 # *", ""]
)
def test_a_text_without_emoji_stays_as_it_is(text):
    assert signs.in_words(text) == text


def test_texts_that_are_taken_at_a_glance_have_no_emoji():
    assert [each for each in emoji.EMOJI_DATA if len(each) > 1 and max(each) < signs.LEAST] == []
    assert signs.in_words("press 1⃣ then").split() == ["press", "keycap", "1", "then"]


@pytest.mark.parametrize(
    "sign", ["😂", "😭", "😡", "❤️", "🙃", "🥺", "🤷🏻\u200d♀️", "👩\u200d❤️\u200d👨", "1️⃣", "🏳️\u200d🌈"]
)
def test_no_emoji_is_an_unknown_token(tokenizer, sign):
    tokens = tokenizer([sign, signs.in_words(sign)])["input_ids"]
    assert signs.unknown_share(tokens[1], tokenizer) == 0 < signs.unknown_share(tokens[0], tokenizer)
    assert flagged(tokenizer, sign) == [(signs.IN_WORDS,)]


@pytest.mark.parametrize("name", OTHERS)
def test_other_languages_are_told_by_name(name):
    assert [signs.language(text) for text in OTHERS[name]] == [name] * len(OTHERS[name])


def test_a_language_in_doubt_has_no_name():
    assert signs.language("vete a la mierda") == "" and signs.language("спасибо") == ""


@pytest.mark.parametrize(
    "text",
    ["lmao", "ok", "Go Lakers!!", "bon appetit", "WHAT A DAY", "thx u 2 bro :)", "¯\\_(ツ)_/¯", "2 + 2 = 4", "Über!"],
)
def test_short_and_slangy_english_is_left_alone(text):
    assert signs.language(text) is None


def test_a_quote_in_another_language_does_not_make_a_text_foreign():
    assert signs.language("gracias amigo, thank you so much for this") is None
    assert signs.language("As they say in Paris, c'est la vie, so we moved on with our lives.") is None


def test_english_comments_are_hardly_ever_flagged(tokenizer):
    texts = [text for split in corpora.mini().values() for text in split["text"]]
    found = [flags for flags in flagged(tokenizer, *texts) if set(flags) - {signs.IN_WORDS}]
    assert len(texts) > 500 and len(found) <= 0.01 * len(texts)


def test_flags_stand_in_order_and_say_how_much_is_read(tokenizer):
    german = "Ich freue mich so sehr auf morgen 😂 ꙮꙮ ꙮ ꙮ ꙮ ꙮ " + "und wie " * 20
    assert flagged(tokenizer, german, "fine", max_length=30) == [
        ("not English: German", "emoji read as words", "unknown signs", "cut after 30 tokens"),
        (),
    ]


def test_unknown_signs_are_flagged_by_their_share(tokenizer):
    assert flagged(tokenizer, "ꙮ", "\u200b", "one ꙮ in three words") == [("unknown signs",)] * 3
    assert flagged(tokenizer, "one ꙮ in a text that has many more words than that, and goes on") == [()]


def test_half_a_character_and_long_texts_do_no_harm():
    assert signs.language("cut \ud83d here and there, some words") is None
    assert signs.language("word and word " * 10**5) is None
