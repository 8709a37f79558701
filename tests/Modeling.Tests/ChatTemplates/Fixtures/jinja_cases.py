"""Templates and what Jinja2 makes of them.

    python jinja_cases.py jinja.cases.jsonl

First line: {"variables", "conversations", "settings", "special_tokens"}. Then a case a line: {"template", "output" or "error"}; a template is that of
the line before where it is left out. A case with "conversation" and "settings" (indices) is rendered with these and the special tokens, the others
with the variables and the first conversation.
Made with Python 3.11 and Jinja2 3.1.6, set up as transformers 5 sets it up for chat templates; the clock stands at CLOCK.
"""
import datetime
import json
import sys

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

CLOCK = datetime.datetime(2026, 11, 3, 9, 5, 7, 123456)

VARIABLES = {
    "s": "  Hello, Wörld!\n", "t": "a,b,,c", "n": 7, "m": -3, "f": 2.5, "big": 12345678901234567890, "yes": True, "no": False, "nil": None,
    "l": [3, 1, 2], "words": ["pear", "Apple", "fig"], "nested": [[1, 2], [3], []], "mixed": [1, "1", 1.0, True, None],
    "d": {"b": 1, "a": {"x": [1, 2]}, "items": "trap", "get": "trap2", "n ö": None}, "empty": {}, "emoji": "a😀b👍🏽c", "html": "<b>\"x\" & 'y'</b>",
    "rows": [{"k": "x", "v": 2, "o": {"p": 1}}, {"k": "Y", "v": 1, "o": {"p": 3}}, {"k": "x", "v": 3}], "lines": "one\n two\r\nthree\n\nfive", "ß": "x",
}

EXPRESSIONS = r"""
1 + 2 * 3 - 4 / 2
7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 % -3, 2 ** 10, -2 ** 2, 2 ** -1, 2 ** 3 ** 2
7.5 // 2, -7.5 // 2, 7.5 % 2, -7.5 % 2, 7 / 2, 4 / 2, 1e3, 1e16, 1e15, 1.5e-5, 0.0001, 123456789.125, 1e22, 5e-324, 1.7976931348623157e308, 0.1 + 0.2
10 ** 20, big + 1, big * big, 0x1F, 0b101, 0o17, 1_000, 00, 1_0.5
n + m, n - f, n * f, n / m, n // f, n % f, f ** 2, yes + yes, no * 5, yes / 2, -yes, +yes, -f, +n
1 / 0
1 // 0
1 % 0
1.0 / 0
0.0 ** -1
'a' + 'b' ~ 1 ~ none ~ true ~ 1.0 ~ [1] ~ undefined_name ~ 'c'
'ab' * 3, 3 * 'ab', 'ab' * -1, [1, 2] * 2, 2 * (1, 2), (1,) + (2,), [1] + [2]
'a' + 1
[1] + (2,)
1 + none
undefined_name + 1
1 + undefined_name
-undefined_name
not undefined_name, undefined_name == undefined_name, undefined_name == none, undefined_name is defined, undefined_name.x is defined
undefined_name.x
undefined_name['x']
undefined_name()
d.nope, d['nope'], d.nope is undefined, d.a.nope, l[10], l[-4], s[100], l['x'], n['x'], n.x
d.nope.nope
d.a.x, d['a']['x'][1], d.a.x.0, d.b, d['n ö'], d.items is callable, d['items'], d.get is string, d['get'], d.nope | default('z')
l[0], l[-1], l[1:], l[:-1], l[::-1], l[::2], l[5:], l[-100:2], l[2:0:-1], l[:], l[none:2], l[true]
s[2], s[2:7], s[::-1], s[-2], emoji[1], emoji[1:3], emoji[::-1], emoji | length, emoji[-3], emoji[3:]
l[::0]
(1, 2, 3)[1:], (1, 2, 3)[0], [(1, 2), (3,)], (), (1,), [], {}
{'a': 1, 'b': [1, {'c': none}], 1: 'x', none: 0, true: 2, 1.5: 3}
{'a': 1}['a'], {'a': 1, 'a': 2}, {1: 'a', 1.0: 'b', true: 'c'}, {[1]: 2} is defined
1 < 2, 1 < 2 < 3, 1 < 3 < 2, 1 == 1.0, 1 == true, 'a' < 'b', 'a' < 'B', [1, 2] < [1, 3], (1,) < (1, 0), 'a' == 'a' != 'b', 1 <= 1 >= 1
1 < 'a'
none < 1
{} < {}
'a' in 'abc', 'z' not in 'abc', '' in 'abc', 1 in l, 9 in l, 'a' in d, 'x' not in d, 2 in (1, 2), 1 in [true], none in [none], 5 in range(10), 'a' in undefined_name
1 in 'abc'
1 in 5
none in 'abc'
true and false, true or false, not true, not (true and false), 1 and 2, 0 or 'x', '' or none, [] and 1, none or 0, not [] and not ''
'yes' if n > 5 else 'no', 'yes' if n > 50, 'a' if no else 'b' if no else 'c', ('x' if yes) ~ '!', 1 if yes else 1 / 0
true, True, false, False, none, None
'a' 'b' "c", 'it''s', "say \"hi\"", 'tab\there', 'nl\nx', 'back\\slash', 'uni\u00e9\U0001F600', '\x41', '\101', '\q', "a'b"
[1, 2.0, 'x', "it's", 'say "hi"', "both ' and \"", none, true, 'nl\n', 'é', '\x00\x7f\u200b\ud7ff', {'k': (1,)}]
range(5), range(1, 10, 3), range(5, 0, -2), range(0), range(3) | list, range(10, 2, -3) | list, range(4) | length, range(5)[2], range(5)[-1], range(3) == range(3), range(5) | sum, range(5) | last
range(100001)
range(1.5)
range(1, 2, 0)
dict(a=1, b=2), dict({'x': 1}, y=2), dict([('a', 1), ['b', 2]]), dict()
namespace(a=1).a, namespace(a=1)['a'], namespace().x is defined, namespace({'q': 3}).q, namespace(a=1, b='x'), namespace(mapping=1).mapping
l is sequence, d is sequence, 'a' is sequence, range(3) is sequence, n is sequence, undefined_name is sequence, nil is sequence, (1,) is sequence, d.items() is sequence
l is iterable, d is iterable, 'a' is iterable, n is iterable, undefined_name is iterable, d.items() is iterable, l | map('string') is iterable
d is mapping, l is mapping, none is mapping, undefined_name is mapping
n is number, f is number, yes is number, '1' is number, n is integer, yes is integer, f is float, n is float, yes is boolean, n is boolean, nil is none, no is false, 0 is false, yes is true, 1 is true
s is string, n is string, s is lower, 'ABC' is upper, 'abc' is lower, '123' is lower, 'Abc' is upper, 4 is even, 4 is odd, 9 is divisibleby 3, 9 is divisibleby(4), 2.0 is even
1 is eq 1, 1 is ne 2, 2 is gt 1, 1 is lt 2, 1 is ge 1, 1 is le 0, 1 is equalto 1.0, 'a' is in 'abc', 1 is in l, 1 is not in l, 1 is sameas 1, none is sameas none, true is sameas true, 1 is sameas true, l is sameas l, d is callable, range is callable
'upper' is filter, 'nope' is filter, 'even' is test, 'nope' is test, n is not defined, n is not none, x is not defined and n is defined
n is defined if yes else no
'a' is eq
-1 | abs, -2.5 | abs, 5 | abs, (-3) | abs, true | abs
'a' | abs
2.5 | round, 3.5 | round, 2.675 | round(2), 2.5 | round(0, 'ceil'), 2.51 | round(1, 'floor'), 7 | round, 1234 | round(-2), 1250 | round(-2), 1.005 | round(2), -0.5 | round, 1e300 | round(2), 0.5 | round, 1.5 | round, 12.5 | round(-1)
'x' | round
2.5 | round(1, 'bad')
'42' | int, '4.7' | int, 'x' | int, 'x' | int(9), ' 12 ' | int, '-5' | int, '0x1A' | int(base=16), '1a' | int(0, 16), '0b11' | int(base=0), 3.9 | int, -3.9 | int, true | int, none | int, l | int, '1_000' | int, '1__0' | int, '٣' | int, '1e3' | int, '' | int, '+7' | int
undefined_name | int
'4.5' | float, 'x' | float, 'x' | float(1.5), 3 | float, 'inf' | float, 'nan' | float, '-Infinity' | float, '1e400' | float, ' 2 ' | float, none | float, '1_0.5' | float, '.5' | float, '5.' | float
'inf' | float | int
s | trim, s | trim('\n !'), 'xxaxx' | trim('x'), 'abcba' | trim('ab'), none | trim, 5 | trim, undefined_name | trim, '\u00a0\u3000\x1c x \u2003' | trim
s | upper, s | lower, s | capitalize, 'hello wörld' | title, "it's a-b (c) [d] {e} <f>" | title, 'HELLO' | capitalize, 'straße ﬁn' | upper, 'ΑΣ ΑΣΑ' | lower, 'ǆ' | capitalize, 5 | upper, none | lower
t | replace(',', ';'), t | replace(',', ';', 2), 'aaa' | replace('a', 'b', 0), 'abc' | replace('', '-'), 5 | replace(5, 6), 'aXbX' | replace('X', ''), emoji | replace('', '.')
t | length, t | count, l | length, d | length, undefined_name | length, range(9) | count
n | length
none | length
d.items() | length, l | map('string') | list | length
l | map('string') | length
l | first, l | last, [] | first, [] | last, 'abc' | first, 'abc' | last, d | first, d | last, undefined_name | first, undefined_name | last, d.items() | first, d.values() | list
l | map('string') | last
l | join, l | join(', '), l | join(1), rows | join('-', attribute='k'), rows | join('-', 'o.p'), 'abc' | join('.'), d | join(' '), undefined_name | join(','), mixed | join('|'), [] | join(','), nested | join(';')
n | join
l | sort, words | sort, words | sort(case_sensitive=true), l | sort(reverse=true), l | sort(true), rows | sort(attribute='v') | map(attribute='v') | list, rows | sort(attribute='k,v') | map(attribute='v') | list, rows | sort(attribute='k', reverse=true) | map(attribute='v') | list, d | sort, 'hello' | sort, [[2], [1, 5], [1]] | sort
[1, 'a'] | sort
[none, 1] | sort
[{}, {}] | sort
[{'a': 1}, {'a': 2}] | sort
['b', 'A', 'a', 'B'] | sort, [2.5, 1, true, 0.5] | sort, ['é', 'e', 'z'] | sort
words | unique | list, ['a', 'A', 'b'] | unique | list, ['a', 'A'] | unique(case_sensitive=true) | list, rows | unique(attribute='k') | map(attribute='v') | list, [1, 1.0, true, '1'] | unique | list
[[1], [1]] | unique | list
l | min, l | max, words | min, words | max, rows | max(attribute='v'), [] | min, [] | max is defined, [3, 2.5, true] | min, 'hello' | max, ['a', 'A'] | min, ['a', 'A'] | max
l | sum, rows | sum(attribute='v'), l | sum(start=10), [] | sum, [0.1] * 3 | sum, [[1], [2]] | sum(start=[])
words | sum
words | sum(start='')
l | reverse | list, 'abc' | reverse, emoji | reverse, l | map('string') | reverse | join, d | reverse | list, (1, 2) | reverse | list, [] | reverse | list
5 | reverse
l | list, 'ab' | list, d | list, undefined_name | list, range(3) | list, (1, 2) | list, emoji | list
5 | list
l | batch(2) | list, l | batch(2, 'x') | list, [] | batch(2) | list, range(7) | slice(3) | list, range(7) | slice(3, 'x') | list
d | items | list, empty | items | list, undefined_name | items | list
l | items | list
d | dictsort, {'b': 1, 'A': 2, 'c': 0} | dictsort, {'b': 1, 'A': 2, 'c': 0} | dictsort(true), {'b': 1, 'A': 2, 'c': 0} | dictsort(by='value'), {'b': 1, 'A': 2} | dictsort(reverse=true), {'b': 1} | dictsort(false, 'value', true)
{'a': 1} | dictsort(by='x')
rows | groupby('k'), rows | groupby('k') | map(attribute='grouper') | list, rows | groupby('k', case_sensitive=true) | map('first') | list, rows | groupby('o.p', default=0) | map(attribute='list') | map('length') | list, (rows | groupby('k') | first).list | length
rows | map(attribute='k') | list, rows | map(attribute='o.p', default='-') | list, rows | map('length') | list, words | map('upper') | join(','), words | map('replace', 'p', 'q') | list, l | map('string') | map('trim') | list, rows | map(attribute='nope') | list, [] | map('nope') | list, undefined_name | map('upper') | list, words | map('default', 'x') | list, [[3, 1], [2]] | map('sort', reverse=true) | list, words | map(attribute=0) | list, [[1, 2]] | map(attribute='1') | list
l | map | list
l | map('string', 1) | list
l | map(attribute='x', nope=1) | list
mixed | select | list, mixed | reject | list, l | select('odd') | list, l | reject('odd') | list, l | select('gt', 1) | list, words | select('in', ['fig']) | list, words | reject('equalto', 'fig') | list, rows | selectattr('k', 'equalto', 'x') | map(attribute='v') | list, rows | rejectattr('k', '==', 'x') | map(attribute='v') | list, rows | selectattr('o') | list | length, rows | selectattr('o.p', 'defined') | list | length, [] | select('nope') | list, undefined_name | select | list, rows | selectattr('k', 'ne', 'x') | first, [1, none] | select('none') | list
rows | selectattr | list
'%s is %d' | format('x', 5), '%(a)s-%(b)03d' | format(a=1, b=2), '%5.2f|%-5s|%05d|%+d|%x|%X|%o|%r|%%' | format(3.14159, 'ab', 42, 5, 255, 255, 8, 'q'), '%s' % 5, '%s %s' % (1, 2), 'x' % (), '%s' % (l,), '%d' % 3.9, '%s' % undefined_name, '%.3s' % 'abcdef', '%.0f' % 2.5, '%f' % 1, '%i' % true, '%5s' % 'é', '% d' % 5, '%s' % none, '%(x)s' % {'x': 1}
'%s %s' % 1
'%d' % 'x'
'x' % 1
'%s' % (1, 2)
'%q' % 1
'{} {}'.format(1, 'a'), '{0}{1}{0}'.format('a', 'b'), '{x}-{{}}'.format(x=none), 'plain'.format()
'{}'.format()
'{0} {}'.format(1, 2)
'x' | default('y'), '' | default('y'), '' | default('y', true), none | default('y'), none | d('y', boolean=true), undefined_name | default, undefined_name | d(5), 0 | default(1, true)
html | escape, html | e, '<' | safe, ('<' | safe) + '<', '<' + ('<' | safe), ('<b>' | safe) ~ '<', ('<' | safe) * 2, ('a' | e) is escaped, 'a' is escaped, ('<' | safe) | upper, ('<x>' | safe) | trim, ('<' | e) | length, ('<x>' | safe)[0:2] + '<', [('<' | safe), '<'] | join, ('<' | safe) == '<', ('<' | safe) is string
lines | indent, lines | indent(2), lines | indent(2, true), lines | indent(2, blank=true), lines | indent('> '), '' | indent, 'x\n' | indent(first=true), lines | indent(width=1, first=true, blank=true)
5 | indent
none | indent
undefined_name | indent
'hello world foo' | truncate(11), 'hello world foo' | truncate(9), 'hello world foo' | truncate(9, true), 'hello world foo' | truncate(9, end='…', leeway=0), 'short' | truncate, 'abcdefghij' | truncate(5, leeway=0)
'one two,three_4 é' | wordcount, '' | wordcount, 'abc' | center(9), 'ab' | center(5), emoji | center(9), 'abc' | string, 5 | string, none | string, l | string, undefined_name | string, 1.0 | string
d | attr('keys') is callable, d | attr('b') is defined, namespace(a=5) | attr('a')
s.strip(), s.lstrip(), s.rstrip(), s.strip().upper(), 'xxyxx'.strip('x'), 'xxyxx'.lstrip('x'), 'xxyxx'.rstrip('x'), 'a\n'.rstrip('\n'), s.strip(none)
t.split(','), t.split(',', 1), t.split(',', maxsplit=2), ' a  b '.split(), ' a  b c '.split(none, 1), t.rsplit(',', 1), ' a b c '.rsplit(none, 1), 'abc'.split('x'), ''.split(), ''.split(','), 'a--b'.split('--'), t.split(sep=','), t.rsplit(','), ' a b '.rsplit(), 'aXbXc'.split('X')[-1], ' x '.split(none, 0), ' a b '.rsplit(none, 0)
'a'.split('')
'a'.split(1)
'a b'.split(' ', 'x')
lines.splitlines(), lines.splitlines(true), ''.splitlines(), 'a\x0bb\u2028c\x85d\x1ce'.splitlines(), 'a\n'.splitlines(keepends=true)
s.startswith('  H'), s.endswith('!\n'), 'abc'.startswith(('x', 'ab')), 'abc'.endswith(()), 'abc'.startswith('b', 1), 'abc'.endswith('b', 0, 2), 'abc'.startswith(''), 'abc'.startswith('', 4), 'abc'.startswith('', 3)
'abc'.startswith(1)
'abc'.startswith(['a'])
'abcabc'.find('c'), 'abcabc'.find('c', 3), 'abc'.find('z'), 'abcabc'.rfind('b'), 'abcabc'.index('b'), 'abcabc'.rindex('a'), 'abcabc'.find('b', -2), 'abcabc'.count('bc'), 'aaaa'.count('aa'), 'abc'.count(''), 'abc'.find(''), 'abc'.find('', 4), 'abc'.rfind(''), emoji.find('b'), emoji.rfind('c'), emoji.find('👍'), 'abc'.find('c', none, 2), emoji.count(''), 'aaa'.rfind('aa'), 'abc'.count('', 3), 'abc'.count('', 5)
'abc'.index('z')
'abc'.find(1)
'aXbX'.replace('X', '-'), 'aXbX'.replace('X', '-', 1), 'abc'.replace('', '.'), 'abc'.replace('b', ''), 'abc'.replace('', '.', 2), 'abc'.replace('b', 'B', -1)
'abc'.replace('a', 1)
'Hello'.upper(), 'Hello'.lower(), 'hello world'.title(), "they're".title(), 'hELLO'.capitalize(), 'Hello'.swapcase(), 'ß'.upper(), 'İ'.lower(), 'ΣΑΣ'.lower(), 'ß'.capitalize(), 'ǆa'.title(), 'ﬁ'.title(), 'ŉ'.upper()
'-'.join(['a', 'b']), ''.join('abc'), ', '.join(d), '-'.join(words | map('upper'))
'-'.join(l)
'abc'.isalpha(), 'ab1'.isalnum(), '12'.isdigit(), '²'.isdigit(), '٣'.isdecimal(), '²'.isdecimal(), ''.isalpha(), ' \t'.isspace(), 'abc'.islower(), 'ABC1'.isupper(), 'Ab Cd'.istitle(), 'ab_1'.isidentifier(), '1a'.isidentifier(), 'é'.isascii(), ''.isascii(), 'Ⅷ'.isupper(), 'ª'.islower(), 'aB'.istitle()
'a-b-c'.partition('-'), 'abc'.partition('-'), 'a-b-c'.rpartition('-'), 'abc'.rpartition('-'), 'prefix-x'.removeprefix('prefix-'), 'x.txt'.removesuffix('.txt'), 'abc'.removesuffix(''), 'abc'.removeprefix('z')
'a'.ljust(3) ~ '|', 'a'.rjust(3), 'a'.center(4, '*'), 'ab'.center(5, '-'), '5'.zfill(3), '-5'.zfill(4), '+'.zfill(3), 'abc'.zfill(2), 'a\tb'.expandtabs(4), 'ab\tc'.expandtabs()
'a'.center(5, 'xx')
d.keys(), d.values(), d.items(), d.keys() | list, d.items() | list, d.get('b'), d.get('zz'), d.get('zz', 5), empty.get('x') is none, d.copy() == d, 'b' in d.keys(), 1 in d.values(), ('b', 1) in d.items()
d.get()
d.get('a', default=1)
d.pop('b')
d.update({})
l.append(1)
l.append is defined, d.update is defined, l.sort is defined, d.clear is undefined, l.nope is defined
l.index(1), l.count(1), [1, 2, 1].count(1), (1, 2).index(2), [1, 2, 1].index(1, 1), l.copy()
l.index(99)
d == {'b': 1}, d == d.copy(), [1, [2]] == [1, [2]], (1,) == [1], {} == {}, {'a': 1, 'b': 2} == {'b': 2, 'a': 1}, 1 == '1', none == false, 0 == false, '' == none, [] == false
d | tojson, l | tojson, s | tojson, nil | tojson, yes | tojson, f | tojson, 1e16 | tojson, big | tojson, 'é\u2028\x07"\\/<>&\x7f' | tojson, (1, 2) | tojson, {1: 2, none: 3, true: 4, 1.5: 5} | tojson, [] | tojson, {} | tojson, [[], {}] | tojson, emoji | tojson, 'nan' | float | tojson, '-inf' | float | tojson, '<' | safe | tojson
d | tojson(indent=2), [] | tojson(indent=2), [[], [1]] | tojson(indent=0), {'a': {}} | tojson(indent='--'), d | tojson(indent=none), l | tojson(indent=-1), d | tojson(separators=(',', ':')), d | tojson(separators=(', ', ' = '), indent=1), d | tojson(ensure_ascii=true), emoji | tojson(true), {'b': 1, 'a': 2} | tojson(sort_keys=true), '\x7f' | tojson(ensure_ascii=true)
undefined_name | tojson
range(3) | tojson
d.items() | tojson
{(1, 2): 3} | tojson
d | tojson(nope=1)
raise_exception('stop: ' ~ n)
raise_exception()
strftime_now('%d %b %Y'), strftime_now('%Y-%m-%d %H:%M:%S'), strftime_now('%A %B %-d, %y %I:%M %p %j %e %a %U %W %w %u %f %F %T %D %R %h %% %x %X %c %G-%V %C %l %k %n|%t|%r'), strftime_now('today'), strftime_now is defined, strftime_now('%-m/%-d/%-H'), strftime_now('%z%Z.')
cycler('a', 'b').next(), cycler('a', 'b').current, joiner(',')(), joiner is defined
cycler()
n()
'x'()
range(3, nope=1)
l | nope_filter
l is nope_test
d['a'].x[0] + d.a['x'][1], d.a.x | map('string') | join('+'), (d.a.x | first).real is defined if false else 'k'
(n, m), [n, m,], {'a': n,}, (n), n,
[] ~ '', {} ~ '', (1,) ~ '', 1.0 ~ '', true ~ ''
'a' ~ 'b' + 'c' ~ 'd' * 2, 1 ~ 2 + 3, 2 * 3 ~ 4, -1 ~ 2, 1 + 2 ~ 3 + 4
not n == 7, not n is none, n is not none and n > 3, not n in l, n not in l and m in l, 1 in l == true
l | length > 2, l | length - 1, -l | length, 'a' ~ l | join(''), [1, 2] | first + 1, n | string ~ 'x', 2 | string | length ** 2, 'a' == 'A' | lower
s.strip()[0].lower() ~ s.strip()[1:], (s | trim).split(',')[0] | upper, d['a'].x.1, d.a.x[-1:], [[1, 2], [3]][0][1]
dict(d, **{'b': 9})['b'], range(*[1, 4]) | list, dict(**{'x': 1}), '{}{}'.format(*['a', 'b'])
dict(**1)
range(*5)
foo(bar=1, bar=2)
1 is sameas 1.0, 'a' is sameas 'b', [] is sameas []
10 | string | int + 1, '3' * 3 | int, ('3' * 3) | int
lipsum is defined, messages[0].role, messages[-1]['content'], messages | length, tools is none, tools is defined, documents is none, add_generation_prompt
loop is defined, caller is defined, varargs is defined
"\r\n" | length, "a\nb"
1.5.real is defined if false, 1 .foo is defined, 'abc'.0, 'abc'[1]
{'a': 1}.a, [1, 2].0, (1, 2).1, "x".upper(), 5.0 | int
[1, 2, 3] | select('in', [1, 3]) | list, ['a', 1, none, 2.5, [], {}] | select('string') | list, [1, 2.0, true] | select('integer') | list, [[], [1], {}] | select('sequence') | list
{'type': ['string', 'null']}.type is iterable and {'type': ['string', 'null']}.type is not string, 'string' is iterable and 'string' is not mapping
'𝒳' | length, '𝒳a' < '\uffffa', '\uffff' < '𝒳', ['𝒳', '\uffff'] | sort, '𝒳' | upper, '𐐨' | upper, '𝒳'.find(''), 'e\u0301' | length
big % 97, big // 3, -big // 7, big / 2, big ** 2 % 1000, 3 * big > big, big == big + 0.0, 2 ** 64, 10 ** 400 | string | length
2 ** 100000
10 ** 5000
[0] * 10 ** 12
'x' * 10 ** 12
""".strip("\n")

TEMPLATES = [
    # loops
    "{% for x in l %}{{ loop.index }}/{{ loop.length }}:{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for x in l %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.previtem }}|{{ loop.nextitem }}|{{ loop.depth }}{{ loop.depth0 }};{% endfor %}",
    "{% for x in [] %}{{ x }}{% else %}none{% endfor %}|{% for x in undefined_name %}x{% else %}undefined{% endfor %}|{% for x in 'ab' %}[{{ x }}]{% endfor %}",
    "{% for x in 5 %}{% endfor %}", "{% for x in none %}{% endfor %}",
    "{% for k in d %}{{ k }},{% endfor %}{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k, v in d | dictsort %}{{ k }}{% endfor %}",
    "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}{% for (a, b) in [(1, 2)] %}{{ a + b }}{% endfor %}{% for (a,) in [(1,)] %}{{ a }}{% endfor %}", "{% for a, in [(1,)] %}{{ a }}{% endfor %}",
    "{% for a, b in [1] %}{% endfor %}", "{% for a, b in [(1, 2, 3)] %}{% endfor %}", "{% for a, b in ['xy'] %}{{ a }}{{ b }}{% endfor %}",
    "{% for x in l if x > 1 %}{{ loop.index }}{{ x }}{{ loop.length }}{{ loop.last }} {% else %}no{% endfor %}{% for x in l if x > 9 %}{% else %}no{% endfor %}",
    "{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}|{% for x in l %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in [1] %}{% break %}{% else %}E{% endfor %}{% for x in [1] %}{% continue %}{% else %}F{% endfor %}{% for x in [1, 2] %}{% if x == 1 %}{% continue %}{% endif %}{% else %}G{% endfor %}",
    "{% for x in l %}{% for y in [1, 2] %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }}{{ loop.index }} {% endfor %}{{ loop.index }}{% endfor %}",
    "{% break %}", "{% continue %}", "{% for x in l %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }}{% endfor %}", "{% for x in l %}{{ loop.cycle() }}{% endfor %}",
    "{% for x in nested recursive %}{{ x if x is number else '[' ~ loop(x) ~ ']' }}{{ loop.depth }}{% endfor %}", "{% for x in l %}{{ loop(l) }}{% endfor %}",
    "{% for x in l | map('string') %}{{ x }}{{ loop.last }}{{ loop.length }}{% endfor %}{% set g = l | map('string') %}{% for x in g %}{{ x }}{% endfor %}{% for x in g %}again{% endfor %}",
    "{% for x in l %}{% set y = x %}{% endfor %}{{ y is defined }}{% set y = 0 %}{% for x in l %}{% set y = y + x %}{{ y }}{% endfor %}{{ y }}",
    "{% set ns = namespace(total=0) %}{% for x in l %}{% set ns.total = ns.total + x %}{% endfor %}{{ ns.total }}{% set ns.new = 'n' %}{{ ns.new }}",
    "{% set d.x = 1 %}", "{% set nope.x = 1 %}", "{% set ns = namespace() %}{% set ns.a, b = 1, 2 %}{{ ns.a }}{{ b }}",
    "{% for x in l %}{{ x }}{% endfor %}{{ x is defined }}", "{% for loop in l %}{{ loop }}{% endfor %}", "{% for x in l %}{% set loop = 1 %}{{ loop }}{% endfor %}",
    "{% for x in range(3) %}{% for x in 'ab' %}{{ x }}{% endfor %}{{ x }}{% endfor %}", "{% for m in messages[::-1] %}{{ (messages | length - 1) - loop.index0 }}{% endfor %}",
    "{% for x in l %}{{ loop }}{% endfor %}", "{% for x in l recursive %}{{ x }}{% endfor %}", "{% for x in l: %}{{ x }}{% endfor %}",
    "{% for i in range(3) %}{% if loop.first %}A{% elif loop.last %}Z{% else %}-{% endif %}{% endfor %}",
    # conditions
    "{% if no %}a{% elif n == 7 %}b{% else %}c{% endif %}{% if no %}{% endif %}{% if l and d %}x{% endif %}{% if empty or undefined_name or '' or 0 or 0.0 or none %}t{% else %}f{% endif %}",
    "{% if yes %}{% set inside = 1 %}{% endif %}{{ inside }}{% if no %}{% set never = 1 %}{% endif %}{{ never is defined }}", "{% if 1 if yes else 0 %}x{% endif %}", "{% if %}x{% endif %}",
    "{% if (1 if yes else 0) %}x{% endif %}{% if not(no) and(yes) %}y{% endif %}{% if n is defined and n is number and not n is none %}z{% endif %}",
    # assignments
    "{% set a = 1 %}{% set b, c = 2, 3 %}{% set e = 4, 5 %}{{ a }}{{ b }}{{ c }}{{ e }}{% set (p, q) = 'xy' %}{{ p ~ q }}{% set a, b = b, a %}{{ a }}{{ b }}", "{% set a, b = 1 %}", "{% set 1 = 2 %}", "{% set none = 2 %}", "{% set a.b.c = 2 %}",
    "{% set x %}<{{ n }}>{% set inner = 1 %}{% endset %}{{ x }}{{ x | length }}{{ inner is defined }}{% set y | upper | trim %} abc {% endset %}[{{ y }}]{% set z %}{% endset %}[{{ z }}]",
    "{% with a = 1, b = n %}{{ a }}{{ b }}{% set c = 3 %}{{ c }}{% endwith %}{{ a is defined }}{{ c is defined }}{% with %}{% set q = 1 %}{{ q }}{% endwith %}{% set a = 5 %}{% with a = 2, b = a %}{{ b }}{% endwith %}",
    "{% filter upper %}abc{{ n }}{% endfilter %}{% filter replace('a', 'b') | indent(2, true) %}a\na{% endfilter %}",
    "{% print n, m %}{% print %}{% print 'x' ~ 1 %}",
    # macros
    "{% macro m(a, b=2, c='x') %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, c='z') }}{{ m() }}{{ m(b=5, a=6) }}{{ m.name }}{{ m.arguments }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(z=1) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}", "{% macro m(a, a) %}{% endmacro %}", "{% macro m(a=1, b) %}{% endmacro %}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}{{ m() }}", "{% macro m(x) %}{{ x }}{{ varargs | length }}{% endmacro %}{{ m(1, 2, 3) }}",
    "{% macro outer(x) %}({{ caller(x) }}){% endmacro %}{% call(y) outer(5) %}body {{ y }}{{ n }}{% endcall %}{% call outer(1) %}plain{% endcall %}",
    "{% macro outer() %}({{ caller() if caller else 'no' }}){% endmacro %}{{ outer() }}{% call outer() %}in{% endcall %}", "{% macro outer() %}no{% endmacro %}{% call outer() %}x{% endcall %}", "{% call n %}x{% endcall %}",
    "{% macro fact(k) %}{{ 1 if k < 2 else k * (fact(k - 1) | int) }}{% endmacro %}{{ fact(10) }}", "{% macro m() %}{{ later }}{% endmacro %}{{ m() }}{% set later = 1 %}{{ m() }}",
    "{% macro m() %}{% set local = 1 %}{{ local }}{% endmacro %}{{ m() }}{{ local is defined }}{% for x in l %}{% macro k() %}{{ x }}{% endmacro %}{{ k() }}{% endfor %}",
    "{%- macro render(v, depth=0) -%}{%- if v is mapping -%}{{ '{' }}{%- for k, w in v.items() -%}{{ k }}:{{ render(w, depth + 1) }}{{ ',' if not loop.last }}{%- endfor -%}{{ '}' }}{%- elif v is iterable and v is not string -%}[{%- for w in v -%}{{ render(w, depth + 1) }};{%- endfor -%}]{%- else -%}{{ v }}@{{ depth }}{%- endif -%}{%- endmacro -%}{{ render(d) }} {{ render(rows) }}",
    "{% macro m(x) %}{% if x %}{{ x }}{{ m(x[1:]) }}{% endif %}{% endmacro %}{{ m('abc') }}{{ m('') | length }}{{ m is callable }}{{ m('q') is string }}", "{{ m(1) }}{% macro m(x) %}{{ x }}{% endmacro %}",
    "{% macro m(x, y=x) %}{{ x }}{{ y }}{% endmacro %}{{ m(1) }}", "{% macro m(kwargs) %}{{ kwargs }}{% endmacro %}{{ m(1) }}", "{% macro m(x) %}{{ x.y }}{% endmacro %}{{ m({'y': 2}) }}{{ m(y=2) }}",
    "{% generation %}a{{ n }}{% set g = 1 %}{% endgeneration %}{{ g is defined }}", "{% for x in l %}{% generation %}{{ x }}{{ loop.index }}{% endgeneration %}{% endfor %}", "{% for x in l %}{% generation %}{% break %}{% endgeneration %}{% endfor %}", "{% generation %}",
    "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.current }}{% set j = joiner(', ') %}{% for x in l %}{{ j() }}{{ x }}{% endfor %}",
    # white space
    "a\n{% if yes %}\nb\n{% endif %}\nc\n", "a\n  {% if yes %}  \n  b\n  {% endif %}\nc", "  {% if yes %}x{% endif %}  y", "a {% if yes %} b {% endif %} c", "a\n{%- if yes -%}\n b \n{%- endif -%}\n c", "a\n  {%+ if yes +%}\n  b\n  {%+ endif %}\nc",
    "x\n  {{ n }}\n  {{- n }}\n  {{ n -}}\n  y", "{# c #}\nx", "  {# c #}\nx {# d #} y\n   {#- e -#}   \nz", "a{#- x #} b {# y -#} c {#+ z +#}\nd", "{% raw %}{{ x }} {% y %}{% endraw %}z", "a\n  {% raw %}\n {{ }}\n  {% endraw %}\nb", "a {%- raw -%} {{ x }} {%- endraw -%} b", "{% raw %}x",
    "\n\n{% set a = 1 %}\n\n{{ a }}\n\n", "x\r\ny\rz\n\n", "\n", "", "   ", "{{ n }}\n", "{{ n }}\n\n", "{% set a = 1 %}\r\n{{ a }}\r\n", "\t{% set a = 1 %}\t\n\t{{ a }}\t\n", "\u00a0{% set a = 1 %}x", "x\u3000\n\u3000{% set a = 1 %}\ny", "{{ n }}{{ n }}\n{{ n }}\n", "{% if yes %}\n\n\nx{% endif %}\n\n\n", "a {{- ' b ' -}} c", "{{- 1 -}} {{- 2 -}}\n{{- 3 }}",
    "{%- for x in l %}\n{{ x }}\n{%- endfor %}\nend", "{% for x in l -%}\n   {{ x }}\n{%- endfor %}", "{%for x in l%}{{x}}{%endfor%}", "{%-for x in l-%} {{x}} {%-endfor-%}", "{{'a'}}{{\"b\"}}{{ 'c' 'd' }}", "{ {x} } {%% {# {{ '}}' }} {{ '%}' }} #}", "{{ {'a': {'b': 1}}['a']['b'] }}{{ {'a': 1} }}{{ [{'a': 1}] }}{{ {} }}", "a {% set x = '{{ y }}' %}{{ x }}", "{{ '{%' }}{{ '#}' }}", "{{+ n }}", "{{ n +}}",
    # malformed
    "{{", "{{ }}", "{%", "{% %}", "{% if yes %}", "{% endif %}", "{% if yes %}{% endfor %}", "{{ n", "{{ (n }}", "{{ n) }}", "{{ [1, 2 }}", "{{ 'x }}", "{{ 1 2 }}", "{{ n | }}", "{{ n is }}", "{{ n. }}", "{{ n[ }}", "{{ * }}", "{{ a b }}", "{% set %}", "{% for x %}{% endfor %}", "{% for x in %}{% endfor %}", "{% unknown %}", "{{ n ! }}", "{{ n & m }}", "{{ n ? m }}", "{# x", "{{ n }", "}} %}", "{{ a = 1 }}", "{% macro %}{% endmacro %}", "{% macro m %}{% endmacro %}", "{{ f(a, b=1, c) }}", "{{ f(*a, b) }}", "{{ {1} }}", "{{ {1: } }}", "{{ n[1:2:3:4] }}", "{{ n is defined is none }}", "{{ @ }}", "{{ 'a' if }}", "{{ not }}", "{{ 1 + }}", "{% elif %}", "{% else %}", "{% if yes %}{% else %}{% else %}{% endif %}", "{% set x = 1 }}", "{% for x in l %}{% endfor x %}", "{% if yes %}a{% endif yes %}", "{{ n | upper( }}", "{{ n | 5 }}", "{{ .5 }}", "{{ 5. }}", "{{ 1__0 }}", "{{ 0x }}", "{{ 012 }}", "{{ 1e }}", "{{ '\\x4' }}", "{{ '\\u12' }}",
    "{{ 'a\nb' }}", "{{ 'a\\\nb' }}", "{{ 'a\r\nb' | length }}", "{{ n\n  +\n m }}", "{%\n if yes\n%}\nx\n{%\nendif\n%}\n",
    # names
    "{% set ñ = 1 %}{{ ñ }}{{ ß }}{% set _x = 2 %}{{ _x }}{% set x1 = 3 %}{{ x1 }}", "{{ true_ }}{{ not_ }}{{ in_ }}{{ none_ }}", "{% set if_ = 1 %}{{ if_ }}", "{{ d._secret is defined }}{{ d.__class__ is defined }}{{ 'x'.__class__ }}", "{{ ''.__class__.__mro__ }}",
    # undefined, errors in parts that are not reached
    "{{ undefined_name }}|{{ d.zz }}|{{ undefined_name ~ 'x' }}|{{ [undefined_name] }}|{{ undefined_name | default('q') }}", "{% if no %}{{ undefined_name.x.y }}{% endif %}ok", "{{ no and undefined_name.x }}{{ yes or undefined_name.x }}", "{{ 'a' if yes else undefined_name.x }}",
    "{% if undefined_name is defined and undefined_name.x %}a{% else %}b{% endif %}", "{% if undefined_name.x is defined %}a{% else %}b{% endif %}", "{% if d.zz %}a{% else %}b{% endif %}{% if d.zz is not none %}c{% endif %}{% if not d.zz %}d{% endif %}", "{{ d.zz.upper() }}", "{{ undefined_name | upper }}|{{ none | upper }}|{{ undefined_name | replace('a', 'b') }}|",
]

# Conversations in the manner of several model families; the constructs are theirs, the words are not.
USER, ASSISTANT = (lambda text: {"role": "user", "content": text}), (lambda text: {"role": "assistant", "content": text})
SYSTEM, TOOL = (lambda text: {"role": "system", "content": text}), (lambda text: {"role": "tool", "content": text})
LOOKUP = {"type": "function", "function": {"name": "lookup", "description": "Finds <a> & \"b\" – ü", "parameters": {"type": "object", "properties": {"key": {"type": "string", "enum": ["x", "y"]}, "día": {"type": ["integer", "null"], "items": {"type": "string"}}}, "required": ["key"]}}}
CALLS = {"role": "assistant", "content": None, "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {"name": "lookup", "arguments": {"key": "x", "día": 2, "deep": {"a": [1, 2.5, None, True]}}}}]}
TEXT_CALL = {"role": "assistant", "content": "let me see", "tool_calls": [{"id": "123456789", "type": "function", "function": {"name": "lookup", "arguments": "{\"key\": \"y\"}"}}]}
CONVERSATIONS = [
    [USER("Hi")],
    [SYSTEM(" Be brief.\n"), USER("  2+2? "), ASSISTANT("\n4 "), USER("É 😀 <end_of_turn> [INST]")],
    [USER("a"), USER("b")],
    [ASSISTANT("first")],
    [SYSTEM(""), USER("x"), ASSISTANT("<think>\nwhy\n</think>\n\nbecause"), USER("y"), ASSISTANT("<think>z</think>w")],
    [USER("use it"), CALLS, TOOL("{\"r\": 1}"), TOOL("two"), ASSISTANT("done"), USER("thanks"), TEXT_CALL, {"role": "tool", "name": "lookup", "tool_call_id": "123456789", "content": {"r": [1, "ü"]}}],
    [SYSTEM("s"), {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image"}, {"type": "text", "text": " here"}]}, {"role": "assistant", "content": [{"type": "text", "text": "seen"}], "reasoning_content": "hm"}],
    [{"role": "developer", "content": "d"}, {"role": "user", "name": "ann", "content": "c"}, {"role": "critic", "content": "?"}],
]
SETTINGS = [{}, {"add_generation_prompt": True}, {"add_generation_prompt": True, "tools": [LOOKUP], "enable_thinking": False}, {"tools": [LOOKUP, LOOKUP["function"]], "date_string": "1 Jan 2030", "builtin_tools": ["search", "code_interpreter"]}]
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}

FAMILIES = [
    # header ids, trimmed contents, tools in the first user message, a date
    """{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not tools_in_user_message is defined %}
    {%- set tools_in_user_message = true %}
{%- endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "01 Jan 2024" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{#- The system message comes out first, if there is one. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if builtin_tools is defined or tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{%- if builtin_tools is defined %}
    {{- "Tools: " + builtin_tools | reject('equalto', 'code_interpreter') | join(", ") + "\\n\\n"}}
{%- endif %}
{{- "Today: " + date_string + "\\n\\n" }}
{%- if tools is not none and not tools_in_user_message %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- if tools_in_user_message and not tools is none %}
    {%- if messages | length != 0 %}
        {%- set first_user_message = messages[0]['content']|trim %}
        {%- set messages = messages[1:] %}
    {%- else %}
        {{- raise_exception("There is no first user message to put the tools in.") }}
    {%- endif %}
    {{- '<|start_header_id|>user<|end_header_id|>\\n\\n' -}}
    {{- "Call one of these, in JSON:\\n\\n" }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
    {{- first_user_message + "<|eot_id|>"}}
{%- endif %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("One tool call at a time.") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {%- if builtin_tools is defined and tool_call.name in builtin_tools %}
            {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
            {{- "<|python_tag|>" + tool_call.name + ".call(" }}
            {%- for arg_name, arg_val in tool_call.arguments | items %}
                {{- arg_name + '="' + arg_val + '"' }}
                {%- if not loop.last %}
                    {{- ", " }}
                {%- endif %}
                {%- endfor %}
            {{- ")" }}
        {%- else  %}
            {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
            {{- '{"name": "' + tool_call.name + '", ' }}
            {{- '"parameters": ' }}
            {{- tool_call.arguments | tojson }}
            {{- "}" }}
        {%- endif %}
        {%- if builtin_tools is defined %}
            {{- "<|eom_id|>" }}
        {%- else %}
            {{- "<|eot_id|>" }}
        {%- endif %}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    # [INST], roles that must alternate, tools before the last user message, ids of calls
    """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{#- Alternation, tool traffic apart. #}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or message.role == "tool_results" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("user and assistant must take turns") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function if tool.function is defined else tool %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}
                        {{- ", " }}
                    {%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}
                    {{- ", " }}
                {%- else %}
                    {{- "]" }}
                {%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
            {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length != 9 %}
                {{- raise_exception("ids of calls have 9 characters") }}
            {%- endif %}
            {{- ', "id": "' + tool_call.id + '"}' }}
            {%- if not loop.last %}
                {{- ", " }}
            {%- else %}
                {{- "]" + eos_token }}
            {%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- elif message["role"] == "tool_results" or message["role"] == "tool" %}
        {%- if message.content is defined and message.content.content is defined %}
            {%- set content = message.content.content %}
        {%- else %}
            {%- set content = message.content %}
        {%- endif %}
        {{- '[TOOL_RESULTS] {"content": ' + content|string + ", " }}
        {%- if not message.tool_call_id is defined or message.tool_call_id|length != 9 %}
            {{- '"call_id": null}[/TOOL_RESULTS]' }}
        {%- else %}
            {{- '"call_id": "' + message.tool_call_id + '"}[/TOOL_RESULTS]' }}
        {%- endif %}
    {%- else %}
        {{- raise_exception("roles are user, assistant and system, not " ~ message.role) }}
    {%- endif %}
{%- endfor %}
""",
    # <start_of_turn>, system text in the first user turn, parts of contents
    """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '

' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '

' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("roles must alternate") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '
' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("content of another type") }}
    {%- endif -%}
    {{ '<end_of_turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model
'}}
{%- endif -%}
""",
    # plain tags per role; contents as they are
    """{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>
'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}
""",
    "{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}",
    # thoughts cut from old answers, calls and results counted in a namespace
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% set ns = namespace(is_first=false, is_tool=false, is_output_first=true, system_prompt='') %}{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}{{bos_token}}{{ns.system_prompt}}{%- for message in messages %}{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{'<|User|>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' and message['content'] is none %}{%- set ns.is_tool = false -%}{%- for tool in message['tool_calls']%}{%- if not ns.is_first %}{{'<|Assistant|><|calls|><|call|>' + tool['type'] + '<|sep|>' + tool['function']['name'] + '\\n' + '```json' + '\\n' + tool['function']['arguments'] | tojson + '\\n' + '```' + '<|/call|>'}}{%- set ns.is_first = true -%}{%- else %}{{'\\n' + '<|call|>' + tool['type'] + '<|sep|>' + tool['function']['name'] + '<|/call|>'}}{{'<|/calls|><|end|>'}}{%- endif %}{%- endfor %}{%- endif %}{%- if message['role'] == 'assistant' and message['content'] is not none %}{%- if ns.is_tool %}{{'<|/outputs|>' + message['content'] + '<|end|>'}}{%- set ns.is_tool = false -%}{%- else %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{'<|Assistant|>' + content + '<|end|>'}}{%- endif %}{%- endif %}{%- if message['role'] == 'tool' %}{%- set ns.is_tool = true -%}{%- if ns.is_output_first %}{{'<|outputs|><|output|>' + message['content'] ~ '<|/output|>'}}{%- set ns.is_output_first = false %}{%- else %}{{'\\n<|output|>' ~ message['content'] ~ '<|/output|>'}}{%- endif %}{%- endif %}{%- endfor -%}{% if ns.is_tool %}{{'<|/outputs|>'}}{% endif %}{% if add_generation_prompt and not ns.is_tool %}{{'<|Assistant|><think>\\n'}}{% endif %}",
    # macros that write types of parameters; loops with conditions
    """{%- macro type_name(spec) -%}
    {%- set basic = {"string": "str", "number": "float", "integer": "int", "boolean": "bool"} -%}
    {%- if spec.type is iterable and spec.type is not string -%}
        {%- for kind in spec.type -%}
            {{- basic[kind] | default(kind) -}}
            {%- if not loop.last -%}{{- " | " -}}{%- endif -%}
        {%- endfor -%}
    {%- elif spec.type in basic -%}
        {{- basic[spec.type] -}}
    {%- elif spec.type == "array" -%}
        {{- "list[" ~ type_name(spec['items']) ~ "]" -}}
    {%- else -%}
        {{- spec.type | default("any", true) | upper -}}
    {%- endif -%}
{%- endmacro -%}
{%- macro parameters(tool) -%}
    {%- set properties = tool.parameters.properties -%}
    {%- for name, spec in properties | dictsort -%}
        {{- name }}{{ "" if name in (tool.parameters.required or []) else "?" }}: {{ type_name(spec) -}}
        {%- if spec.enum %} ({{ spec.enum | map('tojson') | join(' / ') }}){% endif -%}
        {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro -%}
{%- for tool in tools or [] if tool is mapping -%}
    {%- set f = tool.function or tool -%}
    {{ loop.index }}. {{ f.name }}({{ parameters(f) }}) -> {{ f['return'] | default('nothing') }} # {{ f.description | replace('"', "'") | truncate(14) }}
{% endfor -%}
{%- for message in messages -%}
    {%- if message.role is in ['user', 'system', 'developer'] or (message.role == 'assistant' and not message.tool_calls) %}
<{{ message.role | capitalize }}{% if message.name %} {{ message.name }}{% endif %}>
        {%- if message.content is string %}{{ message.content }}
        {%- else %}{% for part in message.content | selectattr('type', '==', 'text') %}{{ part.text }}{% endfor %}
        {%- endif %}</{{ message.role }}>
    {%- elif message.tool_calls -%}
        {%- for call in message.tool_calls -%}
            {%- set arguments = call.function.arguments -%}
            <call {{ call.function.name }}{% if arguments is mapping %}{% for key, value in arguments.items() %} {{ key }}={{ value if value is string else value | tojson }}{% endfor %}{% else %} {{ arguments }}{% endif %}>
        {%- endfor -%}
    {%- else -%}
        {%- set previous = loop.previtem.role if loop.previtem else none -%}
        {{- "<results>" if previous != message.role }}{{ message.content | string | length }};{{ "</results>" if loop.last or loop.nextitem.role != message.role -}}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '\\n<Assistant>' }}{% if enable_thinking is defined and not enable_thinking %}{{ '<think></think>' }}{% endif %}{% endif %}
""",
    # the model's own text marked; safe JSON; defaults; a line per message
    """{%- set today = strftime_now('%Y-%m-%d') if strftime_now is defined else '' -%}
{%- set tool_lines = [] | list -%}
{{ '<' ~ today ~ '>' }}
{%- if tools %}{{ '\\n' }}{% for tool in tools %}{{ loop.index ~ ') ' ~ (tool | tojson(separators=(',', ':')) | safe) ~ '\\n' }}{% endfor %}{% endif %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
{{ '\\n<a>' }}{% generation %}{{ (message.reasoning_content ~ '\\n') if message.reasoning_content }}{{ message.content if message.content is string else message.content | default([], true) | map(attribute='text') | join('+') }}{{ eos_token }}{% endgeneration %}
    {%- else %}
        {%- set text = message.content if message.content is string else message.content | tojson(indent=2) | indent(2) %}
{{ '\\n<' ~ message.role[0] ~ '>' ~ text.strip() ~ (text | length) }}
        {%- if loop.last %}{% break %}{% endif %}
        {%- if message.role == 'critic' %}{% continue %}{% endif %}
    {%- endif %}
{%- endfor %}
{{- '\\n<a>' if add_generation_prompt else '' }}
""",
]


def environment():
    class Generation(jinja2.ext.Extension):
        tags = {"generation"}

        def parse(self, parser):
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return jinja2.nodes.CallBlock(self.call_method("_text"), [], [], body).set_lineno(line)

        def _text(self, caller):
            return caller()

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals.update(raise_exception=raise_exception, strftime_now=CLOCK.strftime)
    return env


def parts(expressions):
    """What stands between the commas that are in no brackets and no quotes."""
    depth, quote, part = 0, "", ""
    for before, char in zip(" " + expressions, expressions):
        if quote:
            quote = "" if char == quote and before != "\\" else quote
        elif char in "'\"":
            quote = char
        depth += not quote and (char in "([{") - (char in ")]}")
        if char == "," and not depth and not quote:
            yield part.strip()
            part = ""
        else:
            part += char
    if part.strip():
        yield part.strip()


def cases():
    for expressions in EXPRESSIONS.split("\n"):
        several = list(parts(expressions))
        for expression in [expressions] + (several if len(several) > 1 else []):
            yield {"template": "{{ " + expression + " }}"}
    for template in TEMPLATES:
        yield {"template": template}
    for template in FAMILIES:
        for conversation in range(len(CONVERSATIONS)):
            for settings in range(len(SETTINGS)):
                yield {"template": template, "conversation": conversation, "settings": settings}


def variables(case):
    fixed = {"messages": CONVERSATIONS[case.get("conversation", 0)], "tools": None, "documents": None, "add_generation_prompt": False}
    return {**fixed, **({**SPECIAL, **SETTINGS[case["settings"]]} if "settings" in case else VARIABLES)}


def main(path):
    env, last = environment(), None
    with open(path, "w", encoding="ascii", newline="\n") as file:
        header = {"variables": VARIABLES, "conversations": CONVERSATIONS, "settings": SETTINGS, "special_tokens": SPECIAL}
        file.write(json.dumps(header, separators=(",", ":")) + "\n")
        for case in cases():
            try:
                case["output"] = env.from_string(case["template"]).render(**variables(case))
            except Exception as error:
                case["error"] = f"{type(error).__name__}: {error}"
            last, same = case["template"], case["template"] == last
            if same:
                del case["template"]
            file.write(json.dumps(case, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
