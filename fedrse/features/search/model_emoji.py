"""Emoji that people write often, with the words by which they look for them. Pure."""

from __future__ import annotations

from functools import cache

from fedrse.core.text import fold_hashtag

# The character, its names in English, its names in French; the first is what is shown.
_TABLE = """
😀 smile happy|sourire content
😄 laugh grin|rire joie
😂 tears joy|larmes rire
😉 wink|clin
😊 blush pleased|rougir ravi
😍 love eyes|amour yeux
😎 cool sunglasses|cool lunettes
🤔 thinking|réflexion pensif
😐 neutral|neutre
😕 confused|perplexe
😢 sad cry|triste pleurer
😡 angry|colère fâché
😱 scream fear|peur cri
😴 sleeping tired|dormir fatigué
😷 mask ill|masque malade
🥳 party celebrate|fête célébrer
🤝 handshake agreement|accord poignée
👍 thumbsup yes good|pouce oui bien
👎 thumbsdown no|non désaccord
👏 clap applause bravo|applaudir bravo
🙏 thanks please|merci prière
🙌 hooray hands|hourra mains
👋 wave hello bye|salut bonjour
💪 strong muscle|force muscle
👀 look eyes|regard voir
🧠 brain idea|cerveau
❤️ heart love|cœur coeur amour
💔 broken heart|brisé
🎉 tada party congratulations|confettis fête félicitations
🎂 birthday cake|anniversaire gâteau
🎁 gift present|cadeau
🏆 trophy winner|trophée gagnant
⭐ star|étoile
✨ sparkles new|étincelles nouveau
🔥 fire hot|feu
💡 idea light|idée lumière
✅ done check|fait coche
❌ cross wrong|croix faux
⚠️ warning attention|attention danger
❓ question|question
❗ important exclamation|important exclamation
🚀 rocket launch|fusée lancement
🚢 ship boat|bateau navire
✈️ plane travel|avion voyage
🚆 train|train
🚗 car|voiture
🚲 bike bicycle|vélo bicyclette
🏭 factory|usine
🏢 office building|bureau immeuble
🏠 home house|maison
📅 calendar date|calendrier date
⏰ alarm time|réveil heure
📌 pin|épingle
📎 attachment paperclip|trombone pièce
📝 note memo|note mémo
📊 chart figures|graphique chiffres
📈 growth up|hausse croissance
📉 down decrease|baisse
📧 mail email|courriel mail
📞 phone call|téléphone appel
💻 laptop computer|ordinateur
🔧 wrench repair tool|clé réparation outil
🔒 lock secure|cadenas sécurité
🔍 search|recherche loupe
💬 comment talk|commentaire parler
☕ coffee break|café pause
🍽️ meal lunch|repas déjeuner
🍕 pizza|pizza
🥐 croissant breakfast|croissant
🍏 apple fruit|pomme fruit
🌍 world earth|monde terre
🌱 plant sustainable|plante durable
☀️ sun|soleil
🌧️ rain|pluie
❄️ snow winter|neige hiver
🌈 rainbow|arc-en-ciel
"""


@cache
def _emoji() -> tuple[tuple[str, dict[str, str], tuple[str, ...]], ...]:
    found = []
    for line in _TABLE.strip().splitlines():
        character, _, words = line.partition(" ")
        english, _, french = words.partition("|")
        names = {"en": english.split()[0], "fr": french.split()[0]}
        keys = tuple(fold_hashtag(word) for word in words.replace("|", " ").split())
        found.append((character, names, keys))
    return tuple(found)


def emoji_called(text: str, language: str, most: int) -> list[tuple[str, str]]:
    """Characters and their names in a language, of those with a word that begins so."""
    wanted = fold_hashtag(text)
    return [
        (character, names.get(language, names["en"]))
        for character, names, keys in _emoji()
        if wanted and any(key.startswith(wanted) for key in keys)
    ][:most]
