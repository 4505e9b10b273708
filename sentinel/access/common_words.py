"""What people reach for first when they are asked for a password. Written down by us; the list is made from it (passwords.py)."""

_BASE = """
password passwort passphrase passcode pass letmein openup welcome hello goodbye admin administrator root login logon signin access
enter secret private secure security changeme default temporary temp test testing guest user username computer laptop internet
monday tuesday wednesday thursday friday saturday sunday today tomorrow weekend holiday birthday christmas easter january february
march april may june july august september october november december spring summer autumn winter football rugby cricket tennis
golf darts snooker fishing cycling running horse dragon monkey tiger lion eagle wolf fox foxes bear puppy kitten rabbit butterfly
unicorn sunshine rainbow flower princess prince queen king master hunter ranger batman superman spiderman starwars pokemon gandalf
hobbit wizard ninja pirate mustang porsche ferrari mercedes jaguar triumph freedom forever family mother father mummy daddy granny
sister brother friend lovely love iloveyou iloveu loveme angel baby sweetheart darling chocolate cheese banana cookie pepper
ginger coffee whisky guinness england scotland ireland wales london britain british leicester leicestershire rutland leics blaby
charnwood loughborough hinckley harborough melton oadby wigston lutterworth coalville leicestercity leicestertigers tigers lcfc
thefoxes forest nottinghamforest derbycounty coventrycity northampton arsenal chelsea liverpool everton manchester united
manchesterunited manchestercity tottenham spurs villa astonvilla newcastle leeds westham celtic rangers police council council1
housing landlord sheriff antisocial behaviour antisocialbehaviour asb victim victims victimfirst sentinel partnership report case
casework officer support service office work working manager supervisor qwerty qwertyuiop asdf asdfgh asdfghjkl zxcv zxcvbn
zxcvbnm qazwsx qazwsxedc abc abcd abcdef abcdefg abc123 qwe asd zxc trustno whatever nothing anything something please thankyou
"""
BASE = tuple(_BASE.split())

# Sentences that stand in every talk about passwords, and so in every list of them.
SENTENCES = (
    "correct horse battery staple",
    "the quick brown fox",
    "the quick brown fox jumps over the lazy dog",
    "to be or not to be",
    "may the force be with you",
    "let me in please",
    "i love you so much",
    "this is my password",
    "my password is secret",
    "three random words",
)

_ENDINGS = """
1 2 3 4 5 6 7 8 9 0 01 02 07 10 11 12 13 21 22 23 24 25 26 69 77 88 99 00 007 100 101 111 123 222 321 333 456 555 666 777 786 789
888 999 000 1111 1212 1234 12345 123456 1234567 12345678 123456789 1234567890 4321 54321 654321 987654321 0123 2580 1314 123123
321321 112233 121212 abc qwerty me you one uk
"""
ENDINGS = tuple(_ENDINGS.split())

ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
COLUMNS = ("1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp", "zaq1xsw2cde3vfr4bgt5nhy6mju7")
