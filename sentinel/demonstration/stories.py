"""What happens in the demonstration's cases, in words people use. Every line is invented."""

from typing import NamedTuple


class Story(NamedTuple):
    """A kind of trouble: its category, its title, what callers say, who is said to do it, what helps."""

    category: str
    title: str
    said: tuple[str, ...]
    alleged: str
    notes: tuple[str, ...]


STORIES = (
    Story(
        "neighbours",
        "Harassment by a neighbour",
        (
            "He was on the landing again at half past six this morning, banging on my door and shouting about people like me.",
            "Every time I put the bins out she stands at her window and films me. Yesterday she threw eggs at the car.",
            "They bang on the party wall whenever the baby cries and shout that we should go back where we came from.",
        ),
        "neighbour",
        (
            "Two quiet days. Still not sleeping.",
            "Frightened to use the landing. Son visits on Sundays.",
            "It stopped after the letter, then started again on Friday night.",
        ),
    ),
    Story(
        "noise",
        "Loud music at night",
        (
            "Music until four in the morning, three nights this week. You can feel the bass through the floor.",
            "Parties every Friday and Saturday, cars coming and going, people shouting in the street.",
        ),
        "neighbour",
        ("Diary sheets explained and posted.", "Quieter since the visit, but Saturday was bad.", "Used the noise recorder twice."),
    ),
    Story(
        "rowdy",
        "Groups gathering outside the shops",
        (
            "A group of about ten of them outside the shop every evening, shouting at people and kicking bottles.",
            "They sit on my garden wall drinking. When I asked them to move they called me names and threw stones.",
        ),
        "group",
        ("Two nights without trouble after the patrol.", "The shopkeeper will keep his camera footage.", "Back again since half-term."),
    ),
    Story(
        "vehicle_nuisance",
        "Off-road motorbikes on the footpath",
        (
            "Two motorbikes with no plates going up and down the footpath behind the houses. My children play there.",
            "Revving and wheelies on the field till it gets dark, every dry day.",
        ),
        "unknown",
        ("Times and days noted; beat officer told.", "One of the bikes was seized on Tuesday.", "Nothing since the barrier went in."),
    ),
    Story(
        "litter",
        "Rubbish and needles in the stairwell",
        (
            "There are needles in the stairwell again and somebody is sleeping on the second floor.",
            "They tip their rubbish over the fence. I have found nappies and broken glass on my lawn.",
        ),
        "unknown",
        ("Cleared the same day. New lock to be fitted.", "Caretaker checks each morning.", "Clean for a week now."),
    ),
    Story(
        "animals",
        "Dog left to bark and run loose",
        (
            "The dog is left out all day and barks from seven in the morning. It got into my garden and went for my cat.",
            "A big dog off the lead in the close, three times this week. The children run indoors.",
        ),
        "neighbour",
        ("Owner says the dog will be kept in.", "Loose again on Sunday.", "Warden has called twice."),
    ),
    Story(
        "communications",
        "Abusive messages",
        (
            "She posts about me on the street's group every night, with my house number, and people I don't know join in.",
            "Letters through the door with no name on them. The last one said they know when I am on my own.",
        ),
        "former friend",
        ("Screenshots kept. Advised not to answer.", "Three more messages since Monday.", "The page was taken down."),
    ),
    Story(
        "trespass",
        "Climbing over into the yard",
        (
            "Boys climb over the back wall into our yard and onto the flat roof. They have broken the guttering.",
            "Somebody comes into the garden at night and tries the shed door.",
        ),
        "unknown",
        ("Light and camera fitted.", "Nothing since the wall was raised.", "Footprints again, Wednesday morning."),
    ),
    Story(
        "street_drinking",
        "Drinking and shouting by the bus stop",
        ("The same four men at the bus stop with cans from ten in the morning. They shouted at my mother.",),
        "group",
        ("Outreach worker has met two of them.", "Moved on twice this week.", "Quiet in the rain."),
    ),
    Story(
        "fireworks",
        "Fireworks thrown at homes",
        ("They put a firework through next door's letter box and threw another at my window.",),
        "group",
        ("Letter box sealed. Fire service visited.", "School has spoken to year 10.", "Nothing since bonfire week."),
    ),
)

VULNERABLE = {
    "alone": "Lives alone.",
    "illness_or_disability": "Diabetic, walks with a stick.",
    "children": "Two children at primary school.",
    "caring": "Cares for her father, who has dementia.",
}
SAFE_TIMES = ("after 3pm", "mornings", "9:30am to 2:30pm, weekdays", "after 6pm", "any time", "not on Fridays")
LANGUAGES = ("Urdu", "Gujarati", "Polish", "Punjabi", "Somali", "British Sign Language")
NEVER = ("Do not speak to anybody else at the address.", "Do not leave a message: the handset is shared.", "Send nothing by post.")
TRIED = (
    ("verbal_advice", "advice", "Words of advice on the doorstep. Denied it, then said he would think on."),
    ("first_letter", "advice", "First letter sent, with the diary dates."),
    ("warning_letter", "early", "Warning letter served by hand."),
    ("mediation", "early", "Offered to both; the first meeting is booked."),
    ("abc", "early", "Contract for six months, reviewed each month."),
)
WHAT_CAME_OF_IT = (
    "Quiet since, the neighbours say.",
    "It stopped for a fortnight, then began again.",
    "Less of it, and not at night.",
    "No difference that anybody noticed.",
)
EXPECTED = (
    "Somebody to ring me back the same week.",
    "Nothing more. She listened and it stopped.",
    "To be told that the case was going to another team.",
    "That something would happen at weekends too, when it is worst.",
    "The letter to go to them sooner.",
)
NOT_USED = (
    ("mediation", "early", "proportionality", "She is afraid to be in a room with him."),
    ("abc", "early", "evidence", "Nobody has been identified yet."),
    ("good_neighbour", "early", "confidence", "Neither side would sign before the noise stops."),
)
ACTIONS = (
    "Send diary sheets",
    "Ask housing for the tenancy file",
    "Ask the beat officer for the incident log",
    "Fit a door camera",
    "Visit with the beat officer",
    "Ring the school",
    "Check the lighting with highways",
)
CAME_OF_IT = (
    "Door alarm fitted. Counselling offered.",
    "Wants to go on. Safety plan agreed.",
    "Court support explained.",
    "Rang twice; will ring weekly.",
    "Not ready to talk yet; asked for a call next week.",
)
RATIONALE = (
    "Daily, aimed at her, and getting worse; she lives alone and is frightened to go out. Her son calls daily, which helps. "
    "A quiet fortnight after the warning would change my mind."
)
P, S = "practitioner", "supervisor"
COLLEAGUES = {
    "blaby-asb": (("Kirsty McAllister-Brown", P), ("Dele Adeyemi-Okonkwo", P), ("Mohammed Rafiq", P), ("Anneliese Fischer-Wood", P)),
    "charnwood-asb": (("Rhodri Pryce", P), ("Shabana Mirza", P)),
    "leicester-asb": (("Hetal Chauhan", P), ("Marcus Oyelaran", P), ("Bronagh Keane", S)),
    "rutland-asb": (("Imogen Faulks", P), ("Desmond Achebe", S)),
    "harborough-asb": (("Tadeusz Wrona", P), ("Philippa Marlow", S)),
    "hinckley-and-bosworth-asb": (("Yusuf Demir", P), ("Caron Whitlow", S)),
    "melton-asb": (("Niamh Corrigan", P), ("Alastair Venn", S)),
    "north-west-leicestershire-asb": (("Parveen Sohal", P), ("Gwilym Bevan", S)),
    "oadby-and-wigston-asb": (("Jean-Luc Amadi", P), ("Rosalind Tipping", S)),
}
