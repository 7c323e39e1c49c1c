//! For every template what it makes of a function, in each language it works on.

use std::collections::BTreeSet;

use super::TEMPLATES;
use crate::base::cancel::CancelToken;
use crate::repair::candidates;
use crate::repair::testing::{all_lines, outcomes, outcomes_of, question, source};

/// Template, parameters, body before and after; bodies are lines with tabs for depth.
const PYTHON: &[(&str, &str, &str, &str)] = &[
    ("comparison", "a", "return a < 1", "return a <= 1"),
    ("clamp", "a, b, n", "g(b[0])\nreturn a[:n]", "g(b[0])\nreturn a[:min(n, len(b))]"),
    ("rest", "a, b", "return a * b", "return a * (1 - b)"),
    ("mean", "a", "return sum(a)", "return sum(a) / len(a)"),
    ("scale", "a", "g(7)\nreturn a", "g(7)\nreturn a % 7"),
    ("add-entry", "a, b", "g(a.b, b)\nreturn {\"a\": a}", "g(a.b, b)\nreturn {\"a\": a, \"b\": b}"),
    ("like-element", "a, b, i", "g(b)\nreturn [a[i]]", "g(b)\nreturn [a[i], b[i]]"),
    ("recursion", "a", "b = f(a.y)\nreturn b + a.x", "b = f(a.y)\nreturn b + f(a.x)"),
    ("recursion", "a, b", "return a.x == b.x", "return f(a.x, b.x)"),
    ("keep-field", "self, a, b", "self.a = a\ng(self.b)", "self.a = a\nself.b = b\ng(self.b)"),
    ("start-field", "self, a", "self.a = a\ng(self.b)", "self.a = a\nself.b = 0\ng(self.b)"),
    (
        "keep-in",
        "self, a",
        "self.c.append(a)\nb = g(a)\nreturn a",
        "self.c.append(a)\nb = g(a)\nself.c.append(b)\nreturn a",
    ),
    (
        "early-result",
        "a, b",
        "if a:\n\tb = g(a)\nreturn 1",
        "if a:\n\tb = g(a)\n\treturn b\nreturn 1",
    ),
    ("fill-argument", "a, b", "g(a, b)\nh(a)\nreturn g(a)", "g(a, b)\nh(a)\nreturn g(a, b)"),
    ("as-beside", "a, b", "return a * a + b", "return a * a + b * b"),
    ("add-argument", "a, m", "g(m[2])\nreturn h(a)", "g(m[2])\nreturn h(a, m[2])"),
    ("as-beside", "a, b", "return a.x == b.x and a.y", "return a.x == b.x and a.y == b.y"),
    (
        "as-beside",
        "a, b",
        "return (a) or (b and g(2) in b)",
        "return (a and g(2) in a) or (b and g(2) in b)",
    ),
    ("as-beside", "a, b", "return [abs(a), b]", "return [abs(a), abs(b)]"),
    ("as-beside", "a, b", "return {1: g(a.x, 2), 2: a.y}", "return {1: g(a.x, 2), 2: g(a.y, 2)}"),
    ("separator", "a", "return a.split(\",\")", "return a.split(\";\")"),
    ("rewrite", "a, b", "return a > b", "return len(a) > len(b)"),
    ("comparison", "a, b", "return a is not b", "return a is b"),
    ("like-call", "a, b", "c = g(b, 2)\nreturn a", "c = g(b, 2)\nreturn g(a, 2)"),
    ("comparison", "a, b", "return a not in b", "return a in b"),
    ("comparison", "a, b, c", "return a < b < c", "return a < b <= c"),
    ("operands", "a, b", "return a - b", "return b - a"),
    ("arithmetic", "a, b", "return a / b", "return a // b"),
    ("logical", "a, b", "return a and b", "return a or b"),
    ("assignment", "a", "a += 1\nreturn a", "a -= 1\nreturn a"),
    ("assignment", "a", "b = a\nreturn b", "b += a\nreturn b"),
    ("off-by-one", "a", "return a[1]", "return a[0]"),
    ("off-by-one", "a", "if a:\n\treturn 1\nreturn 0", "if a:\n\treturn -1\nreturn 0"),
    ("number", "a", "b = 7\nreturn a * 60", "b = 7\nreturn a * 7"),
    ("one-off", "a, i", "return a[i]", "return a[i - 1]"),
    ("one-off", "n", "return list(range(n))", "return list(range(n + 1))"),
    ("boolean", "", "return True", "return False"),
    ("negate", "a", "if a:\n\treturn 1", "if not a:\n\treturn 1"),
    ("negate", "a", "if not a:\n\treturn 1", "if a:\n\treturn 1"),
    ("drop-operand", "a, b", "return a and b", "return a"),
    ("drop-operand", "a", "return -a", "return a"),
    ("bound", "a", "return a[1:2]", "return a[1:]"),
    ("within", "a, n", "if a[n - 2]:\n\tg()", "if n >= 2 and a[n - 2]:\n\tg()"),
    ("within", "a, n", "if g(a[n + 1]):\n\tg()", "if n + 1 < len(a) and g(a[n + 1]):\n\tg()"),
    ("take-up", "a, limit", "return g(a)", "return g(a, limit=limit)"),
    ("bound", "a, n", "return a[n:]", "return a[:n]"),
    ("shift", "a, i", "return a[i:i + 1]", "return a[i + 1:i + 2]"),
    ("shift", "a, i", "return a[i] + a[i + 1]", "return a[i - 1] + a[i]"),
    ("variable", "left, right", "return left + left", "return right + right"),
    ("pattern-anchors", "a", "return re.match('^a', a)", "return re.match('^a$', a)"),
    ("pattern-part", "a", "return re.split('\\n', a)", "return re.split('\\r?\\n', a)"),
    (
        "around",
        "self, a",
        "self.x = len(a)\na = a + 1",
        "self.x = len(a)\na = (a + 1) % len(self.x)",
    ),
    ("by-name", "a, b", "g(b.y)\nb = a.x\nb += 1", "g(b.y)\nb = a.x\nb += a.y"),
    (
        "update",
        "a",
        "b = True\nb = g(a)\nwhile a:\n\tg(b)",
        "b = True\nb = g(a)\nwhile a:\n\tg(b)\n\tb = False",
    ),
    ("update", "a", "b = 0\nif a:\n\treturn a", "b = 0\nif a:\n\tb += 1\n\treturn a"),
    ("shift", "n", "return list(range(1, n))", "return list(range(0, n - 1))"),
    ("adjust", "a, b, n", "return a[:n]", "return a[:n - len(b)]"),
    ("adjust", "a, n", "g(len(a))\nreturn a[:n]", "g(len(a))\nreturn a[:n - len(a)]"),
    ("filter", "a", "return [b for b in a if b]", "return [b for b in a ]"),
    ("add-filter", "a", "return [b.x for b in a]", "return [b.x for b in a if b is not None]"),
    ("reorder", "a, b, c", "return a // b * c", "return a * c // b"),
    ("text", "a", "return a + '\"'", "return a + '\"\"'"),
    ("combine", "self, a, b", "b.y = 1\nreturn a.x", "b.y = 1\nreturn a.x * a.y"),
    ("combine", "a, b", "g(b)\nreturn f(a)", "g(b)\nreturn f([b] + a)"),
    (
        "condition",
        "a, b",
        "if a.startswith('#'):\n\treturn ';'",
        "if a.startswith('#') or a.startswith(';'):\n\treturn ';'",
    ),
    (
        "missing-result",
        "self, a",
        "self.a = a\ndef g():\n\treturn self",
        "self.a = a\ndef g():\n\treturn self\nreturn self",
    ),
    (
        "update",
        "self, a",
        "b = self.x[a]\nb = b + [1]",
        "b = self.x[a]\nb = b + [1]\nself.x[a] = b",
    ),
    (
        "flush",
        "a",
        "c = []\nd = ''\nfor b in a:\n\tc.append(d)\n\td = b",
        "c = []\nd = ''\nfor b in a:\n\tc.append(d)\n\td = b\nif d:\n\tc.append(d)",
    ),
    ("other-text", "a", "a['naem'] = 1\nreturn a['name']", "a['name'] = 1\nreturn a['name']"),
    ("text", "a", "return a + ', '", "return a + ','"),
    ("text", "a", "return a + '-x'", "return a + '--x'"),
    ("balance", "a", "return '' + a + ')'", "return '(' + a + ')'"),
    ("exactly", "a", "if not a:\n\treturn 1", "if a is None:\n\treturn 1"),
    ("exactly", "a", "if a is not None:\n\treturn 1", "if a:\n\treturn 1"),
    ("swap-links", "a", "return a.strip().lower()", "return a.lower().strip()"),
    ("balance", "a", "return f'[{a}'", "return f'[{a}]'"),
    ("balance", "a", "return '<' + a", "return '<' + a + '>'"),
    ("variable", "left, right", "return left", "return right"),
    ("function", "a", "g(a)\nreturn h(a)", "g(a)\nreturn g(a)"),
    ("field", "a", "a.x = 1\nreturn a.y", "a.x = 1\nreturn a.x"),
    ("sibling", "a", "return min(a)", "return max(a)"),
    ("sibling", "a", "a.append(1)", "a.extend(1)"),
    ("sibling", "", "raise KeyError(1)", "raise ValueError(1)"),
    ("swap-arguments", "a, b", "return g(a, b)", "return g(b, a)"),
    ("drop-argument", "a, b", "return g(a, b)", "return g(b)"),
    ("add-argument", "a", "return sorted(a)", "return sorted(a, reverse=True)"),
    ("add-argument", "a, b", "h(b)\nreturn g(a)", "h(b)\nreturn g(a, b)"),
    ("go-on", "a", "for b in a:\n\treturn b", "for b in a:\n\tcontinue"),
    ("fallback", "a, b", "g(b or h.x)\nreturn a.x", "g(b or h.x)\nreturn a.x or h.x"),
    (
        "named-call",
        "a, year_days",
        "b = days_in(1)\nreturn a + year_days",
        "b = days_in(1)\nreturn a + days_in(1)",
    ),
    ("mirror", "a, b, c", "g(b[0])\na[c] = g", "g(b[0])\na[c] = g\nb[g] = c"),
    ("unwrap", "a", "return (a,)", "return a"),
    ("condition", "a, b, c", "h(c)\nif a or b:\n\tg()", "h(c)\nif a or (b and c):\n\tg()"),
    ("adjust", "a, b", "c = a\nreturn c[b]", "c = a - len(b)\nreturn c[b]"),
    ("number", "a", "return int(a, 16)", "return int(a, 10)"),
    ("condition", "a", "if a == '{':\n\treturn 1", "if a == '{' or a == '}':\n\treturn 1"),
    ("early-result", "a", "if a:\n\tg(a)\nh(a)", "if a:\n\tg(a)\n\treturn None\nh(a)"),
    ("wrap-own", "a", "floor_mod(a, 2)\nreturn a % 3", "floor_mod(a, 2)\nreturn floor_mod(a, 3)"),
    ("add-text", "a", "g('x')\nreturn a in ('y', 'z')", "g('x')\nreturn a in ('y', 'z', 'x')"),
    ("swap-spreads", "a, b", "return {**a, **b}", "return {**b, **a}"),
    (
        "update",
        "h, i, j, k, l, m, n, c",
        "h(i, j, k, l, m, n)\nbest_c = 0\nbest_c = h\nif n:\n\th(c)",
        "h(i, j, k, l, m, n)\nbest_c = 0\nbest_c = h\nif n:\n\th(c)\n\tbest_c = c",
    ),
    ("add-to", "a, b, c", "a[b] = [c]", "a[b].append(c)"),
    (
        "condition",
        "a",
        "g(a.x) if a.x else 0\nif a.y > 1:\n\treturn 1",
        "g(a.x) if a.x else 0\nif a.y > 1 and a.x:\n\treturn 1",
    ),
    ("swap-keys", "a, i, j", "return a[i][j]", "return a[j][i]"),
    ("swap-names", "a, b, c", "c = a.g(b)", "c = b.g(a)"),
    ("by-name", "a", "return sorted(a)", "return a"),
    ("unwrap", "a, b", "return sorted(a + b)", "return a + b"),
    ("unwrap", "a", "return g(a).strip()", "return g(a)"),
    ("rewrite", "a, b", "return a - b", "return abs(a - b)"),
    ("wrap", "a", "for b in a:\n\tpass", "for b in sorted(a):\n\tpass"),
    ("copy-value", "a", "b = a\nreturn b", "b = a.copy()\nreturn b"),
    ("chain", "a", "return a.split()", "return a.lower().split()"),
    ("wrap-own", "a", "g(1)\nreturn a * 2", "g(1)\nreturn f(a * 2)"),
    ("rewrite", "a, b", "return a[b]", "return a.get(b, 0)"),
    ("rewrite", "a, b", "return [[0] * a] * b", "return [[0] * a for _ in range(b)]"),
    ("expression", "a, b", "c = a + b\nreturn g(a)", "c = a + b\nreturn a + b"),
    ("by-name", "a", "return g(1)", "return a"),
    ("initial", "a", "b = 0\nreturn b", "b = []\nreturn b"),
    ("first-element", "a", "b = 0\nreturn b", "b = a[0]\nreturn b"),
    ("combine", "a, b", "g(b)\nreturn a", "g(b)\nreturn a + b"),
    ("pair-up", "a, b, c", "c[a] = 1", "c[(a, b)] = 1"),
    ("like-operand", "a, b, i, j", "return 0 + a[i]", "return 0 + a[i] + b[j]"),
    ("like-value", "a, i, j", "return g(a, i)", "return max(g(a, i), g(a, j))"),
    ("condition", "a, b", "g(b)\nif a:\n\treturn 1", "g(b)\nif a and b:\n\treturn 1"),
    ("other-condition", "a, b", "if a > 1:\n\treturn 1", "if a < b:\n\treturn 1"),
    ("group", "a, b, c", "return a - b * c", "return (a - b) * c"),
    ("ungroup", "a, b, c", "return (a - b) * c", "return a - b * c"),
    ("own-field", "self, a", "self.count = a\nreturn count", "self.count = a\nreturn self.count"),
    ("add-field", "a, b", "b.x = 1\nreturn a", "b.x = 1\nreturn a.x"),
    ("local", "self, a", "self.a = 1\nreturn self.a", "self.a = 1\nreturn a"),
    ("shorten", "a", "a = a.b.b", "a = a.b"),
    (
        "exchange-branches",
        "a",
        "if a > 1:\n\treturn 1\nelif a > 2:\n\treturn 2",
        "if a > 2:\n\treturn 2\nelif a > 1:\n\treturn 1",
    ),
    ("missing-result", "a", "b = g(a)", "b = g(a)\nreturn b"),
    ("jump", "a", "for b in a:\n\tbreak", "for b in a:\n\tcontinue"),
    ("jump", "a", "for b in a:\n\tbreak", "for b in a:\n\treturn"),
    (
        "condition",
        "a, b",
        "if a == 'x':\n\treturn 1\nreturn b + 'y'",
        "if a == 'x' or a == 'y':\n\treturn 1\nreturn b + 'y'",
    ),
    ("branch", "a", "if a:\n\treturn 1", "while a:\n\treturn 1"),
    ("branch", "a", "if a:\n\ta = 0\nif not a:\n\ta = 2", "if a:\n\ta = 0\nelif not a:\n\ta = 2"),
    (
        "exchange-bodies",
        "a",
        "if a:\n\treturn 1\nelse:\n\treturn 2",
        "if a:\n\treturn 2\nelse:\n\treturn 1",
    ),
    ("add-else", "a", "if a:\n\ta = 1\nreturn 2", "if a:\n\ta = 1\nelse:\n\treturn 2\nreturn 2"),
    ("exchange-arms", "", "return {1: 'a', 2: 'b'}", "return {1: 'b', 2: 'a'}"),
    (
        "exchange-arms",
        "a",
        "match a:\n\tcase x:\n\t\treturn 1\n\tcase 2:\n\t\treturn 2",
        "match a:\n\tcase 2:\n\t\treturn 2\n\tcase x:\n\t\treturn 1",
    ),
    ("fresh-default", "a=[]", "return a", "=None) if a is None:\n\ta = []\nreturn a"),
    ("delete-statement", "a", "a = 1\nreturn a", "return a"),
    ("delete-statement", "a", "if a:\n\ta = 1", "if a:\n\tpass"),
    ("swap-statements", "a", "a = 1\na = 2", "a = 2\na = 1"),
    ("move-out", "a", "for b in a:\n\tg(b)\n\treturn b", "for b in a:\n\tg(b)\nreturn b"),
    ("move-out", "a", "for b in a:\n\tc = 0\n\tg(c)", "c = 0\nfor b in a:\n\tg(c)"),
    (
        "move-out",
        "a",
        "for b in a:\n\tif b:\n\t\treturn 1\n\telse:\n\t\treturn 2",
        "for b in a:\n\tif b:\n\t\treturn 1\nreturn 2",
    ),
    ("move-in", "a", "for b in a:\n\tg(b)\nh(b)", "for b in a:\n\tg(b)\n\th(b)"),
    (
        "guard",
        "a",
        "for b in a:\n\tc = b.x\n\tg(c)",
        "for b in a:\n\tc = b.x\n\tif not c:\n\t\tcontinue\n\tg(c)",
    ),
    ("guard", "a", "return 1 / a", "if a == 0:\n\treturn 0\nreturn 1 / a"),
    (
        "end-early",
        "a, b",
        "c = g(b)\nreturn a[c]",
        "c = g(b)\nif c >= len(a):\n\treturn None\nreturn a[c]",
    ),
    (
        "end-early",
        "a, b",
        "for c in a:\n\td = g(c)\n\th(b[d])",
        "for c in a:\n\td = g(c)\n\tif d not in b:\n\t\tcontinue\n\th(b[d])",
    ),
    (
        "end-early",
        "a, b",
        "for c in a:\n\tg(b[c or 0])",
        "for c in a:\n\tif (c or 0) not in b:\n\t\tcontinue\n\tg(b[c or 0])",
    ),
    ("end-early", "a, b", "g(b)\nreturn a[-1]", "g(b)\nif not a:\n\treturn None\nreturn a[-1]"),
    (
        "end-early",
        "a, b",
        "g(b)\nreturn a[-b]",
        "g(b)\nif (-b) not in a:\n\treturn None\nreturn a[-b]",
    ),
    ("keyword", "a, size", "return f(a, siz=1)", "return f(a, size=1)"),
    ("skip", "a", "for b in a:\n\tg(b)", "for b in a:\n\tif not b:\n\t\tcontinue\n\tg(b)"),
    ("copy-statement", "a", "for b in a:\n\tg(b)\nh(1)", "for b in a:\n\tg(b)\n\th(1)\nh(1)"),
    ("near-copy", "a, b", "a = g(a)", "a = g(a)\nb = g(b)"),
    ("update", "n", "n = h()\nwhile n:\n\tg()", "n = h()\nwhile n:\n\tg()\n\tn += 1"),
    ("take-up", "a, b", "return max(a)", "return min(max(a), b)"),
    ("take-up", "a, b", "if g(a):\n\treturn 1", "if g(a) and not b:\n\treturn 1"),
    ("take-up", "a, b", "a.sort(key=len)", "a.sort(key=len, reverse=b)"),
    ("take-up", "a", "c = 0\nb = a + c", "c = 0\nb = a + c\nc = b"),
    ("remember", "a, b", "if a not in b:\n\tg(a)", "if a not in b:\n\tg(a)\n\tb.add(a)"),
    (
        "accumulate",
        "a",
        "n = False\nfor b in a:\n\tn = b.x\nreturn n",
        "n = False\nfor b in a:\n\tn = n or b.x\nreturn n",
    ),
    (
        "accumulate",
        "a",
        "n = True\nfor b in a:\n\tn = b.x or b.y\nreturn n",
        "n = True\nfor b in a:\n\tn = n and (b.x or b.y)\nreturn n",
    ),
    (
        "accumulate",
        "a",
        "n = a[0]\nfor b in a:\n\tn = b.x\nreturn n",
        "n = a[0]\nfor b in a:\n\tn = max(n, b.x)\nreturn n",
    ),
    ("adjust", "a, n", "return a[n] + g(n)", "return a[n] + g(n - a[n])"),
    (
        "count",
        "a",
        "n = 0\nfor b in a:\n\tg(b)\nreturn n",
        "n = 0\nfor b in a:\n\tg(b)\n\tn += 1\nreturn n",
    ),
    (
        "count",
        "a",
        "n = 0\nfor b in a:\n\tif b:\n\t\tpass\nreturn n",
        "n = 0\nfor b in a:\n\tif b:\n\t\tn += 1\nreturn n",
    ),
    (
        "keep-last",
        "a",
        "last = None\nfor b in a:\n\tif b != last:\n\t\tg(b)",
        "last = None\nfor b in a:\n\tif b != last:\n\t\tg(b)\n\t\tlast = b",
    ),
    ("swap-names", "a", "b, c = a\nreturn b", "c, b = a\nreturn b"),
    (
        "begin-anew",
        "a",
        "c = []\nfor b in a:\n\tg(c)\n\tc.append(b)",
        "c = []\nfor b in a:\n\tg(c)\n\tc = []\n\tc.append(b)",
    ),
    ("update", "a, b", "h(b)\nfor c in a:\n\tg(c)", "h(b)\nfor c in a:\n\tg(c)\n\ta.append(b)"),
    ("only-if", "a", "a = 1", "if a:\n\ta = 1"),
    ("only-if", "a, b", "a[b] = 1", "if b not in a:\n\ta[b] = 1"),
    ("only-if", "a, b", "a[b or 0] = 1", "if (b or 0) not in a:\n\ta[b or 0] = 1"),
    (
        "only-if",
        "a, b",
        "a[b if b else 0] = 1",
        "if (b if b else 0) not in a:\n\ta[b if b else 0] = 1",
    ),
    ("only-if", "a, b", "a.g(b[0])", "if b[0] is not None:\n\ta.g(b[0])"),
    ("take-up", "a", "for b, c in a:\n\tg(b)", "for b, c in a:\n\tg(b, c)"),
    ("combine", "a", "g('; ')\nreturn h(a)", "g('; ')\nreturn h(a) + '; '"),
    ("keep-result", "a", "a.strip()\nreturn a", "a = a.strip()\nreturn a"),
    ("keep-result", "a", "g(a)", "return g(a)"),
];

const RUST: &[(&str, &str, &str, &str)] = &[
    ("take-up", "a: u8, b: u8", "g(a)", "g(a, b)"),
    ("clamp", "a: u8, b: u8", "let c = a + 1;\ng(c, b);", "let c = (a + 1).min(b);\ng(c, b);"),
    ("separator", "a: &str", "a.split(',')", "a.split(';')"),
    (
        "remember",
        "a: &mut A, b: u8",
        "if !a.contains(&b) {\n\tg();\n}",
        "if !a.contains(&b) {\n\tg();\n\ta.insert(b);\n}",
    ),
    (
        "keep-last",
        "a: &[u8]",
        "let mut last = 0;\nfor b in a {\n\tif *b == last {\n\t\tcontinue;\n\t}\n\tg(b);\n}",
        "let mut last = 0;\nfor b in a {\n\tif *b == last {\n\t\tcontinue;\n\t}\n\tg(b);\n\tlast = *b;\n}",
    ),
    (
        "count",
        "",
        "let mut n = 0;\nloop {\n\tg();\n}\nh(n);",
        "let mut n = 0;\nloop {\n\tg();\n\tn += 1;\n}\nh(n);",
    ),
    ("comparison", "é: u8", "é > 1", "é >= 1"),
    ("operands", "a: u8, b: u8", "a < b", "b < a"),
    ("arithmetic", "a: u8", "a + 1", "a - 1"),
    ("logical", "a: bool, b: bool", "a && b", "a || b"),
    ("assignment", "mut a: u8", "a += 1;", "a -= 1;"),
    ("range", "n: u8", "for i in 0..n {}", "for i in 0..=n {}"),
    ("off-by-one", "a: &[u8]", "a[1]", "a[0]"),
    ("one-off", "n: u8", "for i in 0..n {}", "for i in 0..n - 1 {}"),
    ("number", "n: u8", "n * 60", "n * 600"),
    ("boolean", "", "true", "false"),
    ("negate", "a: bool", "if a {\n\tg();\n}", "if !a {\n\tg();\n}"),
    ("drop-operand", "a: u8", "-a", "a"),
    ("bound", "a: &[u8]", "&a[1..2]", "&a[1..]"),
    ("shift", "n: u8", "for i in 0..n {}", "for i in 1..n + 1 {}"),
    ("other-text", "", "g(\"a\");\ng(\"b\");", "g(\"b\");\ng(\"b\");"),
    ("text", "", "g(\"A\")", "g(\"a\")"),
    ("variable", "a: u8, b: u8", "vec![a]", "vec![b]"),
    ("function", "", "g();\nh();", "h();\nh();"),
    ("field", "a: A", "a.x = 1;\na.y", "a.x = 1;\na.x"),
    ("sibling", "a: &[u8]", "a.iter().min()", "a.iter().max()"),
    ("sibling", "", "i32::MAX", "i32::MIN"),
    ("swap-arguments", "a: u8, b: u8", "g(a, b)", "g(b, a)"),
    ("drop-argument", "a: u8, b: u8", "g(&[a, b])", "g(&[a])"),
    ("unwrap", "a: &str", "a.trim().len()", "a.len()"),
    ("rewrite", "a: i8, b: i8", "a - b", "(a - b).abs()"),
    ("copy-value", "a: A", "let b = a;", "let b = a.clone();"),
    ("chain", "a: &str", "a.chars().collect()", "a.chars().rev().collect()"),
    ("rewrite", "a: u8, b: u8", "a - b", "a.saturating_sub(b)"),
    ("rewrite", "a: Option<u8>", "a.unwrap()", "a.unwrap_or(0)"),
    ("rewrite", "a: &str, b: &str", "a.len() + b.len()", "a.chars().count() + b.chars().count()"),
    ("expression", "a: u8, b: u8", "let c = a + b;\ng(a)", "let c = a + b;\na + b"),
    ("initial", "", "let a = 0;", "let a = i32::MIN;"),
    ("condition", "a: bool, b: bool", "h(b);\nif a {\n\tg();\n}", "h(b);\nif a && b {\n\tg();\n}"),
    ("group", "a: u8, b: u8", "a + b * 2", "(a + b) * 2"),
    ("spread-cast", "a: u8, b: u8", "(a / b) as f64", "a as f64 / b as f64"),
    ("cast", "a: u8", "a as u8", "a as u32"),
    ("own-field", "&self, n: u8", "self.n = 1;\nn", "self.n = 1;\nself.n"),
    (
        "exchange-branches",
        "a: u8",
        "if a > 1 { 1 } else if a > 2 { 2 } else { 3 }",
        "if a > 2 { 2 } else if a > 1 { 1 } else { 3 }",
    ),
    ("macro-operator", "n: usize", "vec![0; n + 1]", "vec![0; n - 1]"),
    ("one-off", "n: usize", "vec![0; n]", "vec![0; n + 1]"),
    ("rewrite", "a: &mut M", "a.insert(1, 2);", "*a.entry(1).or_insert(0) += 2;"),
    ("jump", "", "loop {\n\tbreak;\n}", "loop {\n\tcontinue;\n}"),
    ("exchange-bodies", "a: bool", "if a { 1 } else { 2 }", "if a { 2 } else { 1 }"),
    (
        "add-else",
        "a: u8",
        "g();\nif a > 1 {\n\ta = 1;\n}",
        "g();\nif a > 1 {\n\ta = 1;\n} else {\n\tg();\n}",
    ),
    (
        "exchange-arms",
        "a: u8",
        "match a {\n\t1 => 2,\n\t_ => 3,\n}",
        "match a {\n\t1 => 3,\n\t_ => 2,\n}",
    ),
    ("delete-statement", "", "g();\nh();", "h();"),
    ("swap-statements", "", "g();\nh();", "h();\ng();"),
    ("move-out", "", "loop {\n\tg();\n\th();\n}", "loop {\n\tg();\n}\nh();"),
    ("move-in", "", "loop {\n\tg();\n}\nh();", "loop {\n\tg();\n\th();\n}"),
    ("guard", "a: &str", "g(a)", "if a.is_empty() {\n\treturn 0;\n}\ng(a)"),
    (
        "end-early",
        "a: &[u8], b: usize",
        "g();\nreturn a[b];",
        "g();\nif b >= a.len() {\n\treturn 0;\n}\nreturn a[b];",
    ),
    ("skip", "a: bool", "loop {\n\tg();\n}", "loop {\n\tif a {\n\t\tbreak;\n\t}\n\tg();\n}"),
    ("copy-statement", "", "loop {\n\tg();\n}\nh();", "loop {\n\tg();\n\th();\n}\nh();"),
    ("near-copy", "mut a: u8, mut b: u8", "a = g(a);", "a = g(a);\nb = g(b);"),
    ("update", "mut n: u8", "n = 1;\ng();", "n = 1;\nn += 1;\ng();"),
    ("only-if", "a: bool", "g();", "if a {\n\tg();\n}"),
    ("wrap", "a: Option<f64>", "h(a?)", "h(-a?)"),
    ("keep-result", "mut a: u8", "a.saturating_add(1);", "a = a.saturating_add(1);"),
];

/// The same for Go, in methods of `o`.
const GO: &[(&str, &str, &str, &str)] = &[
    ("take-up", "a, b int", "return g(a)", "return g(a, b)"),
    ("clamp", "a, b int", "c := a + 1\ng(c, b)", "c := min(a + 1, b)\ng(c, b)"),
    ("mean", "a []float64, b float64", "g(a[0])\nreturn b", "g(a[0])\nreturn b / float64(len(a))"),
    ("recursion", "a *T", "g(a.b)\nreturn a.f(1)", "g(a.b)\nreturn a.b.f(1)"),
    (
        "remember",
        "a map[int]bool, b int",
        "if !a[b] {\n\tg()\n}",
        "if !a[b] {\n\tg()\n\ta[b] = true\n}",
    ),
    ("count", "", "n := 0\nfor {\n\tg()\n}\nh(n)", "n := 0\nfor {\n\tg()\n\tn++\n}\nh(n)"),
    ("copy-statement", "n int", "g()\nh()", "g()\nh()\ng()"),
    ("cast", "a string", "b := []byte(a)\ng(b)", "b := []rune(a)\ng(b)"),
    (
        "condition",
        "a rune",
        "if unicode.IsLetter(a) {\n\tg()\n}",
        "if unicode.IsLetter(a) || unicode.IsDigit(a) {\n\tg()\n}",
    ),
    ("update", "", "g(o.n)", "g(o.n)\no.n++"),
    ("bound", "a []int, n int", "g(a[n:])", "g(a[:n])"),
];

/// The same for JavaScript.
const JAVASCRIPT: &[(&str, &str, &str, &str)] = &[
    ("clamp", "a, b", "g(b);\nreturn a + 1;", "g(b);\nreturn Math.min(a + 1, b);"),
    ("rest", "a, b", "return a * b;", "return a * (1 + b);"),
    ("mean", "a", "return a.reduce(g, 0);", "return a.reduce(g, 0) / a.length;"),
    ("scale", "a", "g(60);\nreturn a;", "g(60);\nreturn a * 60;"),
    ("add-entry", "a, b", "g(a.b, b);\nreturn { a };", "g(a.b, b);\nreturn { a, b };"),
    ("wrap", "a", "return { a };", "return { a: Number(a) };"),
    ("recursion", "a", "g(f(a.c));\nreturn [a.b];", "g(f(a.c));\nreturn [f(a.b)];"),
    ("like-value", "a", "return g(a.left);", "return Math.max(g(a.left), g(a.right));"),
    ("like-value", "a, b", "return a.x === b.x;", "return a.x === b.x && a.y === b.y;"),
    ("take-up", "a, b", "return Math.max(a);", "return Math.min(Math.max(a), b);"),
    (
        "like-call",
        "a, b",
        "const c = a.exec(\"x\");\nreturn [c, b];",
        "const c = a.exec(\"x\");\nreturn [c, a.exec(b)];",
    ),
    (
        "like-call",
        "a, b",
        "const c = a.startOf(\"month\");\nreturn g(c, b.end);",
        "const c = a.startOf(\"month\");\nreturn g(c, b.end.startOf(\"month\"));",
    ),
    ("condition", "a", "return a ? a.shape(1) : 2;", "return a && a.shape ? a.shape(1) : 2;"),
    (
        "condition",
        "a, b",
        "g(isOpen(b));\nif (a.x) return 1;",
        "g(isOpen(b));\nif (a.x && !isOpen(a)) return 1;",
    ),
    ("adjust", "a, n", "return g(a.length, n);", "return g(a.length, a.length - n);"),
    (
        "remember",
        "a, b",
        "const $c = g(b);\nif (!a.has(b)) h();",
        "const $c = g(b);\nif (!a.has(b)) h();\na.set(b, $c);",
    ),
    (
        "keep-last",
        "a",
        "let last;\na.forEach((b) => {\n\tif (b !== last) {\n\t\tg(b);\n\t}\n});",
        "let last;\na.forEach((b) => {\n\tif (b !== last) {\n\t\tg(b);\n\t\tlast = b;\n\t}\n});",
    ),
    (
        "only-if",
        "a, b, c",
        "if (a - b > 3) g(a);\ng(c);",
        "if (a - b > 3) g(a);\nif (c - b > 3) {\n\tg(c);\n}",
    ),
    (
        "only-if",
        "a, b, c, d",
        "if (a - b > 3) d.g(b, h(a, c));\nd.g(b, c);",
        "if (a - b > 3) d.g(b, h(a, c));\nif (c - b > 3) {\n\td.g(b, c);\n}",
    ),
    (
        "count",
        "a",
        "let n = 0;\nfor (const b of a) {\n\tg(b);\n}\nh(n);",
        "let n = 0;\nfor (const b of a) {\n\tg(b);\n\tn += 1;\n}\nh(n);",
    ),
    (
        "begin-anew",
        "a",
        "let c = \"\";\nfor (const b of a) {\n\tg(c);\n}",
        "let c = \"\";\nfor (const b of a) {\n\tg(c);\n\tc = \"\";\n}",
    ),
    ("negate", "a, b", "if (a in b) g();", "if (!(a in b)) g();"),
    ("only-if", "a, b", "a.set(b, 1);", "if (!a.has(b)) {\n\ta.set(b, 1);\n}"),
    ("one-off", "a", "g({ n: a });", "g({ n: a + 1 });"),
    ("wrap", "", "return g(this.n);", "return g(this.n++);"),
    ("comparison", "a, b", "return a < b;", "return a <= b;"),
    ("operands", "a, b", "return a - b;", "return b - a;"),
    ("arithmetic", "a, b", "return a / b;", "return a * b;"),
    ("logical", "a, b", "return a || b;", "return a ?? b;"),
    ("assignment", "a", "a += 1;", "a -= 1;"),
    ("assignment", "a", "a++;", "a--;"),
    ("off-by-one", "a", "return a[1];", "return a[0];"),
    ("one-off", "a, i", "return a[i];", "return a[i - 1];"),
    ("one-off", "a, i", "return a.slice(i);", "return a.slice(i + 1);"),
    ("shift", "a, i", "return a.slice(i - 1, i);", "return a.slice(i, i + 1);"),
    ("boolean", "", "return true;", "return false;"),
    ("negate", "a", "if (a) g();", "if (!a) g();"),
    ("negate", "a, b, c", "return a ? b : c;", "return (!a) ? b : c;"),
    (
        "set-field",
        "a",
        "const b = { n: 0 };\ng(b.n);\nreturn b;",
        "const b = { n: 0 };\ng(b.n);\nb.n += a;\nreturn b;",
    ),
    ("exchange-values", "a, b, c", "return a ? b : c;", "return a ? c : b;"),
    ("drop-operand", "a, b", "return a && b;", "return a;"),
    ("drop-operand", "a", "return -a;", "return a;"),
    ("drop-operand", "a", "return [...a];", "return [a];"),
    ("variable", "one, other", "return one;", "return other;"),
    ("variable", "one, { other }", "return one;", "return other;"),
    ("field", "a", "a.x = 1;\nreturn a.y;", "a.x = 1;\nreturn a.x;"),
    ("sibling", "a", "return Math.min(a);", "return Math.max(a);"),
    ("sibling", "", "throw new RangeError(1);", "throw new TypeError(1);"),
    ("swap-arguments", "a, b", "return g(a, b);", "return g(b, a);"),
    ("add-argument", "a", "return a.join();", "return a.join(\"\");"),
    ("unwrap", "a", "return await g(a);", "return g(a);"),
    (
        "await",
        "a",
        "return (async () => {\n\tg(a);\n\treturn h(a).n;\n});",
        "return (async () => {\n\tawait g(a);\n\treturn h(a).n;\n});",
    ),
    (
        "await",
        "a",
        "return (async () => {\n\tg(a);\n\treturn h(a).n;\n});",
        "return (async () => {\n\tg(a);\n\treturn (await h(a)).n;\n});",
    ),
    ("wrap", "a, b", "return a / b;", "return Math.abs(a / b);"),
    ("loop", "a", "for (const b in a) g(b);", "for (const b of a) g(b);"),
    ("chain", "a", "return a.split();", "return a.toLowerCase().split();"),
    ("rewrite", "a", "return a.b;", "return a?.b;"),
    ("exactly", "a", "if (!a.b) return 1;", "if (a.b === undefined) return 1;"),
    ("rewrite", "a, b", "return a[b];", "return (a[b] ?? 0);"),
    ("copy-value", "a", "const b = a;", "const b = [...a];"),
    ("initial", "a", "let b = 0;", "let b = [];"),
    ("text", "a", "return `${a},${a}`;", "return `${a}, ${a}`;"),
    ("pattern-flags", "a", "return /a/.test(a);", "return /a/g.test(a);"),
    ("pattern-anchors", "a", "return /^a/.test(a);", "return /^a$/.test(a);"),
    ("pattern-part", "a", "return /a\\d+/.test(a);", "return /a\\d*/.test(a);"),
    ("condition", "a, b", "h(b);\nif (a) g();", "h(b);\nif (a && b) g();"),
    ("condition", "a, b, c", "h(c);\nif (a || b) g();", "h(c);\nif (a || (b && c)) g();"),
    (
        "condition",
        "a, b",
        "const c = a > 1;\ng(b);\nreturn c;",
        "const c = a > 1 && b;\ng(b);\nreturn c;",
    ),
    (
        "fallback",
        "a",
        "const H = { x: 1, y: 2 };\ng(a.x ?? H.x);\nreturn a.y;",
        "const H = { x: 1, y: 2 };\ng(a.x ?? H.x);\nreturn a.y ?? H.y;",
    ),
    ("fallback", "a, b", "g(b ?? h.x);\nreturn a.x;", "g(b ?? h.x);\nreturn a.x ?? h.x;"),
    (
        "fallback",
        "a",
        "g(DEFAULT_X);\nconst b = a.x;",
        "g(DEFAULT_X);\nconst b = a.x || DEFAULT_X;",
    ),
    (
        "field",
        "a",
        "const b = { outWidth: () => 1 };\nreturn a.errWidth();",
        "const b = { outWidth: () => 1 };\nreturn a.outWidth();",
    ),
    (
        "guard",
        "a",
        "const b = g(1);\nh(isBig(a));",
        "if (!isBig(a)) {\n\treturn null;\n}\nconst b = g(1);\nh(isBig(a));",
    ),
    (
        "begin-anew",
        "a",
        "let c = 0;\nfor (const b of g) {\n\tc += a[b];\n}",
        "let c = 0;\nfor (const b of g) {\n\tc += a[b];\n\ta[b] = 0;\n}",
    ),
    ("pattern-part", "a", "return /[ab]/.test(a);", "return /[ab_]/.test(a);"),
    ("guard", "a", "return g(a);", "if (!a) {\n\treturn null;\n}\nreturn g(a);"),
    (
        "guard",
        "a",
        "const b = a - 1;\ng(b);\nreturn true;",
        "const b = a - 1;\nif (b < 0) {\n\treturn false;\n}\ng(b);\nreturn true;",
    ),
    ("update", "n", "n = 1;\ng();", "n = 1;\nn += 1;\ng();"),
    ("only-if", "a", "g();", "if (a) {\n\tg();\n}"),
    ("keep-result", "a", "a.trim();", "a = a.trim();"),
    ("keep-result", "a", "g(a);", "return g(a);"),
    (
        "move-out",
        "a",
        "for (const b of a) {\n\tg(b);\n\th();\n}",
        "for (const b of a) {\n\tg(b);\n}\nh();",
    ),
    ("delete-statement", "", "g();\nh();", "h();"),
    ("swap-statements", "", "g();\nh();", "h();\ng();"),
    ("jump", "a", "for (;;) {\n\tbreak;\n}", "for (;;) {\n\tcontinue;\n}"),
    (
        "exchange-bodies",
        "a",
        "if (a) {\n\tg();\n} else {\n\th();\n}",
        "if (a) {\n\th();\n} else {\n\tg();\n}",
    ),
    ("branch", "a", "if (a) g();", "while (a) g();"),
];

fn python(parameters: &str, body: &str) -> String {
    format!("def f({parameters}):\n\t{}\n", body.replace('\n', "\n\t"))
}

fn rust(parameters: &str, body: &str) -> String {
    format!("fn f({parameters}) {{\n\t{}\n}}\n", body.replace('\n', "\n\t"))
}

fn go(parameters: &str, body: &str) -> String {
    format!("func (o *T) f({parameters}) {{\n\t{}\n}}\n", body.replace('\n', "\n\t"))
}

fn javascript(parameters: &str, body: &str) -> String {
    format!("async function f({parameters}) {{\n\t{}\n}}\n", body.replace('\n', "\n\t"))
}

/// Every case, with the ends of lines and the indentation that people use.
fn check(path: &str, cases: &[(&str, &str, &str, &str)], function: fn(&str, &str) -> String) {
    let mut wrong = Vec::new();
    for (template, parameters, before, after) in cases {
        // Cases that change the parameters say what follows them.
        let after = match after.split_once(") ").filter(|_| after.starts_with('=')) {
            Some((value, after)) => function(&parameters.replace("=[]", value), after),
            None => function(parameters, after),
        };
        for (step, newline) in [("\t", "\n"), ("    ", "\r\n")] {
            let written = |text: &str| text.replace('\t', step).replace('\n', newline);
            let outcomes = outcomes_of(path, &written(&function(parameters, before)));
            if !outcomes
                .iter()
                .any(|(made, text)| made.template == *template && *text == written(&after))
            {
                let same = outcomes
                    .iter()
                    .filter(|(made, text)| made.template == *template || *text == written(&after));
                let same: Vec<_> = same
                    .map(|(made, _)| format!("{}: {}", made.template, made.what))
                    .take(12)
                    .collect();
                wrong.push(format!(
                    "{template}: {before:?} does not become {after:?} but\n\t{}",
                    same.join("\n\t")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn python_functions_change() {
    check("a.py", PYTHON, python);
}

#[test]
fn rust_functions_change() {
    check("a.rs", RUST, rust);
}

#[test]
fn go_functions_change() {
    check("a.go", GO, go);
}

#[test]
fn javascript_functions_change() {
    check("a.js", JAVASCRIPT, javascript);
    check("a.ts", JAVASCRIPT, javascript);
}

#[test]
fn every_template_has_a_case() {
    let all = PYTHON.iter().chain(RUST).chain(JAVASCRIPT);
    let cases: BTreeSet<&str> = all.map(|(template, ..)| *template).collect();
    let names = TEMPLATES.iter().map(|template| template.name);
    let missing: Vec<&str> =
        names.filter(|name| !cases.contains(name) && !WITH_HINTS.contains(name)).collect();
    assert_eq!(missing, [""; 0]);
}

/// Templates that need more than a function to work on, tested below.
const WITH_HINTS: &[&str] = &[
    "difference",
    "own-call",
    "presence",
    "refuse",
    "widen",
    "convert",
    "declare",
    "ask",
    "borrow-statement",
    "variant",
    "swap-parameters",
    "lacking-text",
    "reword",
];

#[test]
fn statements_of_other_functions_are_borrowed_where_their_names_are_known() {
    let check = |path, before: &str, after: &str| {
        let outcomes = outcomes_of(path, before);
        let is_wanted = |(made, text): &(crate::repair::Candidate, String)| {
            made.template == "borrow-statement" && text == after
        };
        outcomes.iter().any(is_wanted)
    };
    let python = "class A:\n    def f(self, x):\n        g(x)\n        self.n += 1\n        return y\n\n    def h(self, z):\n        return self.m\n";
    let at = "        return self.m\n";
    let with = |line: &str| python.replace(at, &format!("        {line}\n{at}"));
    assert!(check("a.py", python, &with("self.n += 1")));
    assert!(check("a.py", python, &with("g(z)")), "with the one name exchanged");
    let free = python.replace("(self, z)", "(z)").replace("self.m", "z");
    assert!(!check(
        "a.py",
        &free,
        &free.replace("        return z", "        self.n += 1\n        return z")
    ));
    let javascript =
        "class A {\n\tf() {\n\t\tthis.n++;\n\t}\n\th() {\n\t\treturn this.m;\n\t}\n}\n";
    let longer = javascript.replace("\t\treturn", "\t\tthis.n++;\n\t\treturn");
    assert!(check("a.js", javascript, &longer));
}

#[test]
fn what_stands_beside_the_same_statement_elsewhere_comes_early() {
    let check = |before: &str, wanted: &str| {
        let outcomes = outcomes_of("a.py", before);
        let mut made = outcomes.iter().filter(|(_, text)| text == wanted);
        made.any(|(made, _)| made.template == "borrow-statement" && made.cost < 4.0)
    };
    let python = |beside: &str, own: &str| {
        format!(
            "def f(b, t):\n    copy(t, b)\n{beside}    return 1\n\n\ndef h(b, t):\n    copy(t, b)\n{own}    return 2\n"
        )
    };
    let line = "    b.buffer = t\n";
    assert!(check(&python(line, ""), &python(line, line)));
    let guard = "    if not b:\n        return 1\n";
    assert!(check(&python(guard, ""), &python(guard, guard)));
    let before = |own: &str| {
        format!(
            "def f(b, t):\n    b.n = t\n    copy(t, b)\n\n\ndef h(b, t):\n{own}    copy(t, b)\n"
        )
    };
    assert!(check(&before(""), &before("    b.n = t\n")));
}

#[test]
fn what_stands_in_the_lines_around_is_put_in_the_place_of_a_value() {
    let others: String = (0..12).map(|n| format!("    g(name.field_{n})\n")).collect();
    let python =
        |value: &str| format!("def f(name, zz):\n{others}    h(zz[0])\n    return {value}\n");
    let outcomes = outcomes_of("a.py", &python("name.field"));
    assert!(outcomes.iter().any(|(_, text)| *text == python("zz[0]")));
}

#[test]
fn what_counts_by_its_name_is_moved_earlier() {
    let cost = |name: &str| {
        let python = |value: &str| format!("def f({name}):\n    g({value})\n");
        let outcomes = outcomes_of("a.py", &python(name));
        let wanted = python(&format!("{name} + 1"));
        outcomes.iter().find(|(_, text)| *text == wanted).map(|(made, _)| made.cost).unwrap()
    };
    assert!(cost("kw_idx") + 0.5 < cost("kw_idy"));
}

#[test]
fn what_a_text_lacks_is_put_into_sums_and_texts() {
    let check = |path, before: &str, message: &str, wanted: &[&str]| {
        let outcomes = outcomes(&source(path, before), &[message]);
        wanted.iter().all(|text| outcomes.iter().any(|(_, made)| made == text))
    };
    let python = |body: &str| format!("def f(a, b):\n    return {body}\n");
    let message = "AssertionError: 'ab' != 'a, b'";
    let wanted = ["a + ', ' + b + ''", "a + b + '' + ', '", "a + b + ', '"].map(python);
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    assert!(check("a.py", &python("a + b + ''"), message, &wanted));
    assert!(!check("a.py", &python("a + b + ''"), "AssertionError: 1 != 2", &wanted[..1]));
    let go =
        |body: &str| format!("package a\n\nfunc f(a, b string) string {{\n\treturn {body}\n}}\n");
    let message = "got \"<a\", want \"<a>\"";
    assert!(check("a.go", &go("\"<\" + a"), message, &[&go("\"<\" + a + \">\"")]));
}

#[test]
fn what_a_text_says_otherwise_is_put_into_it() {
    let check = |path, body: &str, message: &str, wanted: &str| {
        let outcomes = outcomes(&source(path, body), &[message]);
        outcomes.iter().any(|(made, text)| made.template == "reword" && text == wanted)
    };
    let python = |text: &str| format!("def f(a):\n    return f\"{{a}} must be {text} here\"\n");
    let message = "AssertionError: '7 must be odd here' != '7 must be even here'";
    assert!(check("a.py", &python("odd"), message, &python("even")));
    assert!(!check("a.py", &python("odd"), "AssertionError: 'odd' != 'even'", &python("even")));
    let javascript = |body: &str| format!("function f(a) {{\n  return {body};\n}}\n");
    let outcomes =
        outcomes(&source("a.js", &javascript("a.x")), &["Expected: \"-ab\"\nReceived: \"ab\""]);
    assert!(outcomes.iter().any(|(_, text)| *text == javascript("\"-\" + a.x")));
    let go = |sign: &str| {
        format!(
            "package a\n\nfunc f(a string) string {{\n\treturn g(\"no flag {sign}%s\", a)\n}}\n"
        )
    };
    let message = "got \"no flag -x\", want \"no flag --x\"";
    assert!(check("a.go", &go("-"), message, &go("--")));
}

/// Whether a template makes this change, where `old` stands first.
fn makes(template: &str, path: &str, before: &str, old: &str, new: &str) -> bool {
    let after = before.replacen(old, new, 1);
    outcomes_of(path, before).iter().any(|(made, text)| made.template == template && *text == after)
}

#[test]
fn ifs_of_other_functions_are_borrowed_as_they_are_or_to_go_out_as_the_function_does() {
    let check = |path, before: &str, at: &str, wanted: &str| {
        makes("borrow-statement", path, before, at, &format!("{wanted}{at}"))
    };
    let javascript = "class A {\n\tf(x) {\n\t\tif (!this.isOpen) return false;\n\t\treturn x > 1;\n\t}\n\n\th(y) {\n\t\treturn y + this.n;\n\t}\n\n\tk(z) {\n\t\tif (!z) return 7;\n\t\treturn this.n + z;\n\t}\n}\n";
    let at = "\t\treturn y";
    assert!(check("a.js", javascript, at, "\t\tif (!this.isOpen) return false;\n"));
    assert!(
        check("a.js", javascript, at, "\t\tif (!y) return 7;\n"),
        "with the one name exchanged"
    );
    let last = "\t\treturn this.n";
    assert!(check("a.js", javascript, last, "\t\tif (!this.isOpen) {\n\t\t\treturn 7;\n\t\t}\n"));
    let go = "package p\n\nfunc (b *B) f(x int) (int, error) {\n\tif b.done {\n\t\treturn 0, errDone\n\t}\n\treturn x + b.n, nil\n}\n\nfunc (b *B) g(x int) int {\n\tx++\n\treturn x * b.n\n}\n";
    assert!(check("a.go", go, "\tx++", "\tif b.done {\n\t\treturn x * b.n\n\t}\n"));
    assert!(check(
        "a.go",
        &go.replace("g(x int) int", "g(x int) (int, error)")
            .replace("return x * b.n", "return x * b.n, errDone"),
        "\tx++",
        "\tif b.done {\n\t\treturn 0, errDone\n\t}\n"
    ));
    let python = "def f(self, x):\n    if self.shut:\n        self.n = 0\n    return x\n\n\nclass A:\n    def g(self, y):\n        return self.n + y\n";
    assert!(check(
        "a.py",
        python,
        "        return self.n",
        "        if self.shut:\n            self.n = 0\n"
    ));
    let plain = python.replace("def g(self, y)", "def g(y)").replace("self.n + y", "y");
    assert!(!check(
        "a.py",
        &plain,
        "        return y",
        "        if self.shut:\n            self.n = 0\n"
    ));
    let rust = "impl B {\n    fn f(&self, x: i32) -> Option<i32> {\n        if self.done {\n            return None;\n        }\n        if let Some(y) = self.last {\n            return Some(y);\n        }\n        Some(x)\n    }\n\n    fn g(&self, x: i32) -> Option<i32> {\n        let z = x + self.n;\n        Some(z)\n    }\n}\n";
    let at = "        let z";
    assert!(check(
        "a.rs",
        rust,
        at,
        "        if self.done {\n            return None;\n        }\n"
    ));
    let bound = "        if let Some(y) = self.last {\n            return Some(y);\n        }\n";
    assert!(check("a.rs", rust, at, bound), "with what it binds itself");
    let typescript = "const MAX = 9;\n\nfunction f(n: number): number {\n  if (n > MAX) throw new RangeError();\n  return n;\n}\n\nfunction g(n: number): number {\n  return n * 2;\n}\n";
    assert!(check(
        "a.ts",
        typescript,
        "  return n * 2",
        "  if (n > MAX) throw new RangeError();\n"
    ));
}

#[test]
fn fields_that_nothing_changes_are_set() {
    let check = |path, before: &str, at: &str, wanted: &str| {
        makes("set-field", path, before, at, &format!("{at}{wanted}"))
    };
    let python = "class A:\n    def __init__(self, size):\n        self.size = size\n        self.shut = False\n        self.last = None\n\n    def shut_down(self, why):\n        self.pipe.close()\n\n    def f(self):\n        return self.shut, self.last, self.size\n";
    let at = "self.pipe.close()";
    assert!(check("a.py", python, at, "\n        self.shut = True"));
    assert!(check("a.py", python, at, "\n        self.last = why"));
    assert!(!check("a.py", python, at, "\n        self.size = why"), "it is made with its own");
    let set = python
        .replace("self.shut, self.last", "self.last")
        .replace("def f(self):\n", "def f(self):\n        self.shut = True\n");
    assert!(!check("a.py", &set, at, "\n        self.shut = True"), "that is done elsewhere");
    let typescript = "class A {\n  #open = true;\n  close(): void {\n    this.file.end();\n  }\n  isOpen(): boolean {\n    return this.#open;\n  }\n}\n";
    assert!(check("a.ts", typescript, "this.file.end();", "\n    this.#open = false;"));
    let javascript = "function pack(all, room) {\n\tconst parcel = { weight: 0, items: [] };\n\tfor (const item of all) {\n\t\tif (parcel.weight + item.weight > room) break;\n\t\tparcel.items.push(item);\n\t}\n\treturn parcel;\n}\n";
    assert!(check(
        "a.js",
        javascript,
        "parcel.items.push(item);",
        "\n\t\tparcel.weight += item.weight;"
    ));
    let go = "package p\n\ntype A struct {\n\tpaid bool\n\tname string\n}\n\nfunc (a *A) pay() {\n\ta.note()\n}\n\nfunc (a *A) due() bool {\n\treturn !a.paid\n}\n";
    assert!(check("a.go", go, "a.note()", "\n\ta.paid = true"));
    let pair = "class A:\n    def __init__(self):\n        self.a, self.b = False, False\n\n    def f(self):\n        self.a, self.b = True, True\n        g(self.a)\n\n    def __next__(self):\n        self.n += 1\n        return self.n\n";
    assert!(!check("a.py", pair, "g(self.a)", "\n        self.a = True"), "both are set");
    assert!(!check("a.py", pair, "g(self.a)", "\n        self.n += 1"), "that is no beginning");
    let other = "class A {\n\tfixed = 1;\n\tstatic all = 2;\n}\n\nclass B {\n\tf() {\n\t\tthis.g();\n\t\treturn [this.fixed, this.all];\n\t}\n}\n";
    assert!(!check("a.js", other, "this.g();", "\n\t\tthis.fixed += 1;"), "it is another's");
    let own = other.replace("}\n\nclass B {\n", "");
    assert!(check("a.js", &own, "this.g();", "\n\t\tthis.fixed += 1;"));
    assert!(!check("a.js", &own, "this.g();", "\n\t\tthis.all += 1;"), "it is no object's");
    let keys = "const m = { 'a-b': 0, [k]: 0, n: 0 };\nfunction f() {\n\tg(m);\n\treturn m.n;\n}\n";
    assert!(check("a.js", keys, "g(m);", "\n\tm.n += 1;"));
    assert!(
        outcomes_of("a.js", keys)
            .iter()
            .all(|(_, text)| !text.contains("m.'a") && !text.contains("m.["))
    );
    let derived = "class B:\n    def __init__(self):\n        self.shut = False\n\n    def f(self):\n        return self.shut\n\n\nclass D(B):\n    def close(self):\n        self.pipe.close()\n";
    assert!(check("a.py", derived, "self.pipe.close()", "\n        self.shut = True"));
    let generic =
        go.replace("type A struct", "type A[T any] struct").replace("(a *A)", "(a *A[T])");
    assert!(check("a.go", &generic, "a.note()", "\n\ta.paid = true"));
    let rust = "struct Entry {\n    value: u8,\n    used: u64,\n}\n\nimpl C {\n    fn get(&mut self, key: u8) -> u8 {\n        let entry = self.find(key);\n        self.n += 1;\n        entry.value\n    }\n\n    fn put(&mut self, key: u8, value: u8) {\n        self.add(key, Entry { value, used: self.clock });\n    }\n\n    fn oldest(&self) -> u8 {\n        self.all.map(|entry| entry.used).min()\n    }\n}\n";
    assert!(check("a.rs", rust, "self.n += 1;", "\n        entry.used = self.clock;"));
}

#[test]
fn what_is_to_come_is_waited_for_where_that_can_be() {
    let check = |path, before: &str, old: &str, new: &str| makes("await", path, before, old, new);
    let python = "async def f(a):\n    return g(a)\n\n\ndef h(a):\n    return g(a)\n\n\ndef k(a):\n    return a\n";
    assert!(check("a.py", python, "return g(a)", "return await g(a)"));
    assert!(!check("a.py", python, "h(a):\n    return g(a)", "h(a):\n    return await g(a)"));
    let known = python.replacen("g(a)", "k(a)", 1);
    assert!(
        check("a.py", &known, "return k(a)", "return await k(a)"),
        "it may give what is to come"
    );
    let waited = python.replacen("g(a)", "await g(a)", 1);
    assert!(!check("a.py", &waited, "await g(a)", "await await g(a)"));
    let tried = "async fn f(a: u8) -> R {\n    g(a)?;\n    h(a).await\n}\n";
    assert!(check("a.rs", tried, "g(a)?", "g(a).await?"));
    assert!(!check("a.rs", tried, "h(a).await", "h(a).await.await"));
    let lambda = "async def f(a):\n    return sorted(a, key=lambda b: g(b))\n";
    assert!(!check("a.py", lambda, "g(b)", "await g(b)"));
    let named = "function f({ async = true }) {\n  return g(async);\n}\n";
    assert!(!check("a.js", named, "g(async)", "await g(async)"));
    let rust = "pub async fn f(a: u8) -> u8 {\n    g(a) + 1\n}\n";
    assert!(check("a.rs", rust, "g(a)", "g(a).await"));
    let method = "class A {\n  static async f(a) {\n    this.g(a);\n  }\n}\n";
    assert!(check("a.js", method, "this.g(a)", "await this.g(a)"));
}

#[test]
fn cases_change_places_where_both_may_hold() {
    let check = |path, before: &str, after: &str| {
        outcomes_of(path, before).iter().any(|(_, text)| text == after)
    };
    let rust = |arms: &str| format!("fn f(a: u8) -> u8 {{\n    match a {{\n{arms}    }}\n}}\n");
    let (wide, five, all) =
        ("        0..=9 => 1,\n", "        5 => {\n            2\n        }\n", "        _ => 3\n");
    let arms = |arms: [&str; 3]| rust(&arms.concat());
    assert!(check("a.rs", &arms([wide, five, all]), &arms([five, wide, all])));
    let last = all.replace("3", "3,");
    assert!(!check("a.rs", &arms([five, wide, &last]), &arms([five, &last, wide])), "it takes all");
    let words = |arms: String| rust(&arms).replace("5", "\"b\"").replace("0..=9", "\"a\"");
    let swapped = words([five, wide, &last].concat());
    assert!(!check("a.rs", &words([wide, five, &last].concat()), &swapped));
    let go = |cases: &str| {
        format!("package p\n\nfunc f(a int) int {{\n\tswitch {{\n{cases}\t}}\n\treturn 0\n}}\n")
    };
    let (above, below) = ("\tcase a > 9:\n\t\treturn 1\n", "\tcase a > 5:\n\t\treturn 2\n");
    assert!(check("a.go", &go(&format!("{below}{above}")), &go(&format!("{above}{below}"))));
    let plain = |text: &str| go(text).replace("switch {", "switch a {").replace("a > ", "");
    assert!(!check("a.go", &plain(&format!("{below}{above}")), &plain(&format!("{above}{below}"))));
}

#[test]
fn booleans_that_objects_hold_are_asked_for() {
    let check =
        |path, before: &str, old: &str, new: &str| makes("condition", path, before, old, new);
    let go = "package p\n\ntype A struct {\n\tn, m, k, l, i, j int\n\tpaid bool\n}\n\nfunc (a *A) late(b int) bool {\n\treturn b > a.n\n}\n";
    assert!(check("a.go", go, "b > a.n", "!a.paid && b > a.n"));
    assert!(!check("a.go", &go.replace("paid bool", "paid T"), "b > a.n", "!a.paid && b > a.n"));
    let javascript = "function f(all) {\n\tfor (const task of all) {\n\t\tif (task.n > 1) g(task);\n\t}\n\treturn { n: 0, done: false };\n}\n";
    assert!(check("a.js", javascript, "task.n > 1", "task.n > 1 && !task.done"));
}

#[test]
fn what_was_nothing_is_asked_for() {
    const NEAR: f64 = 3.5;
    let check = |path, before: &str, message: &str, wanted: &[(&str, &str)]| {
        let outcomes = outcomes(&source(path, before), &[message]);
        let has = |(old, new): &&(&str, &str)| {
            let after = before.replace(old, new);
            outcomes.iter().any(|(made, text)| made.cost < NEAR && *text == after)
        };
        let lost = wanted.iter().filter(|change| !has(change)).map(|(_, new)| (*new).to_owned());
        lost.collect::<Vec<String>>()
    };
    let none: [&str; 0] = [];
    let javascript = "function f(a, b) {\n  if (!a.x && b) {\n    a.y();\n  }\n  return b;\n}\n";
    let message = "TypeError: Cannot read properties of null (reading 'x')";
    let asked = ("!a.x && b", "a && !a.x && b");
    assert_eq!(check("a.js", javascript, message, &[asked]), none);
    let other = message.replace("'x'", "'y'");
    let enclosed = ("    a.y();", "    if (a) {\n      a.y();\n    }");
    assert_eq!(check("a.js", javascript, &other, &[enclosed]), none);
    assert_eq!(check("a.js", javascript, &other, &[asked]), [asked.1]);
    let python = "def f(a):\n    b = a.x\n    return b.y\n";
    let message = "AttributeError: 'NoneType' object has no attribute 'x'";
    let ended = ("    b =", "    if a is None:\n        return None\n    b =");
    assert_eq!(check("a.py", python, message, &[ended]), none);
    let go = "package a\n\nfunc f(a *A) bool {\n\treturn a.b.c > 1\n}\n";
    let message = "panic: runtime error: invalid memory address or nil pointer dereference";
    let asked = ("a.b.c > 1", "a.b != nil && a.b.c > 1");
    assert_eq!(check("a.go", go, message, &[asked]), none);
}

#[test]
fn numbers_that_would_give_what_is_wanted_are_tried() {
    let check = |path, old: &str, messages: &[&str]| {
        let text = format!("const FEE = {old};\n");
        let made = outcomes(&source(path, &text), messages).into_iter();
        let made = made.filter(|(made, _)| made.template == "difference");
        let told = made.map(|(_, text)| text.replace("const FEE = ", "").replace(";\n", ""));
        told.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        check("a.js", "599", &["Expected values to be strictly equal:\n\n12099 !== 11999\n"]),
        "499 699 604"
    );
    assert_eq!(
        check("a.js", "0.19", &["expected 235 to be 87 // Object.is equality"]),
        "148.19 0.07 0.51"
    );
    assert_eq!(check("a.js", "60", &["AssertionError: 120 != 7200"]), "7140 3600 1");
    assert_eq!(check("a.js", "60", &["AssertionError: 'a' != 'b'"]), "");
    assert_eq!(check("a.js", "0xFF", &["AssertionError: 20 != 30"]), "");
    assert_eq!(check("a.js", "20n", &["AssertionError: 20 != 30"]), "30n 10n");
    let both = ["AssertionError: 20 != 30", "AssertionError: 200 != 210"];
    assert_eq!(check("a.js", "100", &both).split(' ').next(), Some("110"), "as both tell");
}

#[test]
fn what_a_function_declared_to_answer_gives_is_a_condition() {
    let cost = |result: &str| {
        let text = format!(
            "package p\n\nfunc f(a *A, b int){result} {{\n\treturn a.has(b)\n}}\n\nfunc g(a *A, b int) {{\n\tif a.open {{\n\t\ta.n++\n\t}}\n}}\n"
        );
        let made = outcomes_of("a.go", &text);
        let costs = made.iter().filter(|(made, _)| made.what.contains("a.has(b) && "));
        costs.map(|(made, _)| made.cost).fold(f64::INFINITY, f64::min)
    };
    assert!(cost(" bool") + 0.9 < cost(" int"), "{} {}", cost(" bool"), cost(" int"));
}

#[test]
fn a_name_that_nothing_has_is_exchanged_for_any_other() {
    let python = "class A:\n    def f(self, x):\n        return self.entirely_other(x)\n";
    let methods: String =
        (0..30).map(|n| format!("\n    def g(self, x):\n        self.m_{n}(x)\n")).collect();
    let text = format!("{python}{methods}    def h(self, x):\n        self.q(x)\n");
    let is_made = |message: &str| {
        let made = outcomes(&source("a.py", &text), &[message]);
        let wanted = text.replace("entirely_other", "q");
        made.iter().any(|(made, text)| made.template == "field" && *text == wanted)
    };
    assert!(is_made("AttributeError: 'A' object has no attribute 'entirely_other'"));
    assert!(!is_made("AttributeError: 'A' object has no attribute 'z'"));
    let uncalled = text.replace("self.q(x)", "return x");
    let made = outcomes(
        &source("a.py", &uncalled),
        &["AttributeError: 'A' object has no attribute 'entirely_other'"],
    );
    let wanted = uncalled.replace("entirely_other", "h");
    assert!(made.iter().any(|(_, text)| *text == wanted), "nothing calls it yet");
}

#[test]
fn what_is_imported_and_not_called_is_called() {
    let text = "from m import filterfalse\n\n\ndef f(a):\n    return filtertrue(a)\n";
    let wanted = text.replace("filtertrue", "filterfalse");
    let made = outcomes_of("a.py", text);
    assert!(made.iter().any(|(_, text)| *text == wanted));
}

#[test]
fn methods_and_functions_that_other_files_declare_are_called() {
    let go =
        "package p\n\nfunc check(v, c *Version) bool {\n\treturn v.Equal(c) && isOdd(v.n)\n}\n";
    let methods = "package p\n\nfunc (v *Version) Equal(o *Version) bool {\n\treturn v.n == o.n\n}\n\n\
        func (v *Version) equalSegments(o *Version) bool {\n\treturn v.s == o.s\n}\n\n\
        func (v *Version) equalTo(a, b int) bool {\n\treturn a == b\n}\n\n\
        func (w *Other) equals(o *Version) bool {\n\treturn w.n == o.n\n}\n\n\
        func isOdd(n int) bool {\n\treturn n%2 == 1\n}\n\nfunc isEven(n int) bool {\n\treturn n%2 == 0\n}\n";
    let suspicion = all_lines(&source("a.go", go));
    let made = |path: &str, name: &str| {
        let (sources, cancel) = ([source("a.go", go), source(path, methods)], CancelToken::new());
        let made = candidates(&question(&sources, &suspicion, &cancel));
        made.iter().any(|one| one.edits.len() == 1 && one.edits[0].text == name)
    };
    assert!(made("b.go", "equalSegments") && made("b.go", "isEven"));
    assert!(!made("b.go", "equalTo"), "takes more");
    assert!(!made("b.go", "equals"), "is of another type");
    assert!(!made("q/b.go", "isEven"), "is of another package");
}

#[test]
fn a_name_that_nothing_has_is_exchanged_before_it_is_used_otherwise() {
    let text = "def f(items):\n    n = itemz\n    return n\n";
    let made = outcomes(&source("a.py", text), &["NameError: name 'itemz' is not defined"]);
    let first = made.iter().filter(|(made, _)| made.line == 2).take(2);
    let first: Vec<&str> = first.map(|(made, _)| made.what.as_str()).collect();
    assert_eq!(first, ["`itemz` → `items`", "`itemz` → `n`"]);
}

#[test]
fn an_argument_that_no_function_takes_gets_a_name_that_others_are_given_by() {
    let text = "def f(a):\n    g(a, siz=1)\n    return g(a, count=2)\n";
    let is_made = |message: &str| {
        let wanted = text.replace("siz=1", "count=1");
        outcomes(&source("a.py", text), &[message]).iter().any(|(_, text)| *text == wanted)
    };
    assert!(is_made("TypeError: g() got an unexpected keyword argument 'siz'"));
    assert!(!is_made("TypeError: g() got an unexpected keyword argument 'z'"));
}

#[test]
fn a_misspelt_text_becomes_a_word_of_the_file() {
    let check = |path, before: &str, after: &str| {
        let outcomes = outcomes_of(path, before);
        outcomes.iter().any(|(made, text)| made.template == "other-text" && text == after)
    };
    let javascript = "const sizes = { all: 1 };\nfunction f() {\n\treturn sizes['al'];\n}\n";
    assert!(check("a.js", javascript, &javascript.replace("'al'", "'all'")));
    assert!(!check("a.js", javascript, &javascript.replace("'al'", "'sizes'")));
}

#[test]
fn a_function_that_nothing_calls_is_called() {
    let check = |path, import: &str, before: &str, after: &str| {
        let outcomes = outcomes_of(path, &format!("{import}{before}"));
        let wanted = format!("{import}{after}");
        outcomes.iter().any(|(made, text)| made.template == "take-up" && *text == wanted)
    };
    let body = "def f(a, b):\n    return h(a)\n";
    let called = body.replace("h(a)", "h(g(a, b))");
    assert!(check("a.py", "from m import g, h\n", body, &called));
    let body = "export function f(a) {\n  return a;\n}\n";
    let called = body.replace("return a", "return g(a)");
    assert!(check("a.js", "import { g } from \"./m.js\";\n", body, &called));
    for import in [
        "import g from \"./m.js\";\n",
        "const { g } = require(\"./m\");\n",
        "const g = require(\"./m\");\n",
        "function g(b) {\n  return b + 1;\n}\n",
    ] {
        assert!(check("a.js", import, body, &called), "{import}");
    }
    let own = "function g(b) {\n  return b;\n}\n";
    let endless = own.replace("return b", "return g(b)");
    assert!(!check("a.js", "", own, &endless));
    let exported = "export function g(b) {\n  return b + 1;\n}\n";
    assert!(!check("a.js", exported, body, &called));
    let used = "const k = g;\n";
    assert!(!check("a.js", &format!("import {{ g }} from \"./m.js\";\n{used}"), body, &called));
}

/// Whether something is refused so when a test says so.
fn refuses(path: &str, before: &str, message: &str, after: &str) -> bool {
    let source = source(path, before);
    let outcomes = outcomes(&source, &[message]);
    outcomes.iter().any(|(made, text)| made.template == "refuse" && text == after)
}

#[test]
fn refusals_follow_a_missing_error() {
    let before = "def f(a):\n    return a\n";
    let after = "def f(a):\n    if a < 0:\n        raise ValueError(\"invalid a\")\n    return a\n";
    assert!(refuses("a.py", before, "AssertionError: ValueError not raised", after));
    assert!(!refuses("a.py", before, "AssertionError: 1 != 2", after));

    let class = "class Full(Exception):\n    pass\n\n\nclass Gone(Exception):\n    pass\n\n\ndef g(a):\n    raise Gone(a)\n\n\n\
        def h(a):\n    raise Full(a)\n\n\n";
    let before = format!("{class}def f(a, room):\n    b = g(a)\n    b.append(a)\n    return b\n");
    let after =
        before.replace("    b.append", "    if a > room:\n        raise Full(a)\n    b.append");
    assert!(refuses("a.py", &before, "AssertionError: Full not raised", &after));
}

#[test]
fn a_division_by_zero_is_refused_as_the_message_names_it() {
    let before = "enum E { Bad(char), ByZero }\n\nfn g(a: char) -> Result<f64, E> {\n    Err(E::Bad(a))\n}\n\n\
        fn f(a: f64, b: f64) -> Result<f64, E> {\n    let c = a + b;\n    let c = c / b;\n    Ok(c)\n}\n";
    let after = before.replace(
        "    let c = c / b",
        "    if b == 0.0 {\n        return Err(E::ByZero);\n    }\n    let c = c / b",
    );
    assert!(refuses("a.rs", before, "  left: Ok(inf)\n right: Err(ByZero)", &after));

    let before = "package a\n\nvar ErrZero = errors.New(\"zero\")\n\nfunc g(a int) (int, error) {\n\treturn 0, ErrZero\n}\n\n\
        func f(a, b int) (int, error) {\n\ta++\n\treturn a / b, nil\n}\n";
    let after = before
        .replace("\treturn a / b", "\tif b == 0 {\n\t\treturn 0, ErrZero\n\t}\n\treturn a / b");
    assert!(refuses("a.go", before, "a_test.go:7: got <nil>, want ErrZero", &after));
}

#[test]
fn other_variants_and_fields_of_a_declaration_are_offered() {
    let check = |path, before: &str, old: &str, new: &str, template: &str| {
        let wanted = before.replace(old, new);
        let outcomes = outcomes_of(path, before);
        assert!(
            outcomes.iter().any(|(made, text)| made.template == template && *text == wanted),
            "{old} does not become {new}"
        );
    };
    let rust = "enum Kind { Ripe, Raw }\nstruct A { x: u8, y: u8 }\nfn f(a: &A) -> Kind {\n    g(a.x);\n    Kind::Raw\n}\n";
    check("a.rs", rust, "Kind::Raw\n}", "Kind::Ripe\n}", "variant");
    check("a.rs", rust, "g(a.x)", "g(a.y)", "field");
    let go = "type A struct {\n\tx, y int\n}\n\nfunc f(a A) int {\n\treturn a.x\n}\n";
    check("a.go", go, "a.x", "a.y", "field");
    let typescript =
        "interface A {\n  x: number;\n  y: number;\n}\nfunction f(a: A) {\n  return a.x;\n}\n";
    check("a.ts", typescript, "a.x", "a.y", "field");
}

#[test]
fn parameters_change_places() {
    let check = |path, before: &str, after: &str| {
        let outcomes = outcomes_of(path, before);
        assert!(outcomes.iter().any(|(_, text)| text == after), "{before}");
    };
    check(
        "a.py",
        "def f(a, self):\n    return self.x + a\n",
        "def f(self, a):\n    return self.x + a\n",
    );
    check("a.js", "const f = (b, a) => a - b;\n", "const f = (a, b) => a - b;\n");
    check(
        "a.ts",
        "function f(a: number, b: string) {\n  return a;\n}\n",
        "function f(b: string, a: number) {\n  return a;\n}\n",
    );
    check(
        "a.rs",
        "fn f(a: u8, b: u8) -> u8 {\n    a - b\n}\n",
        "fn f(b: u8, a: u8) -> u8 {\n    a - b\n}\n",
    );
    check(
        "a.go",
        "func f(a uint, b uint) uint {\n\treturn a - b\n}\n",
        "func f(b uint, a uint) uint {\n\treturn a - b\n}\n",
    );
}

/// In a long file many names are alike by chance.
#[test]
fn names_of_the_own_function_are_among_those_offered() {
    let others: String =
        (0..40).map(|n| format!("    contents_{n} = sorted(context_{n})\n")).collect();
    let head = format!("def g():\n{others}\n\ndef f(n):\n    primes = []\n    primes.append(n)\n");
    let outcomes = outcomes_of("a.py", &format!("{head}    yield from sorted(context)\n"));
    let wanted = format!("{head}    yield from sorted(primes)\n");
    assert!(outcomes.iter().any(|(made, text)| made.template == "variable" && *text == wanted));
}

#[test]
fn products_are_computed_in_a_wider_type() {
    let outcomes = outcomes_of("a.rs", "fn f(a: u32, b: u32) -> u32 { a * b / 100 }");
    let wanted = "fn f(a: u32, b: u32) -> u32 { (a as u64 * b as u64 / 100) as u32 }";
    assert!(outcomes.iter().any(|(made, text)| made.template == "widen" && text == wanted));
}

#[test]
fn values_become_of_the_type_that_a_message_wants() {
    let check = |path, text: &str, message: &str| {
        let outcomes = outcomes(&source(path, text), &[message]);
        let converted = outcomes.into_iter().filter(|(made, _)| made.template == "convert");
        converted.map(|(_, text)| text).collect::<Vec<_>>()
    };
    let go = |result: &str| {
        format!("package a\n\nfunc f(n int64) (interface{{}}, error) {{\n\treturn {result}\n}}\n")
    };
    let message = "panic: interface conversion: interface {} is int64, not int32";
    assert!(check("a.go", &go("n, nil"), message).contains(&go("int32(n), nil")));
    assert!(check("a.go", &go("n, nil"), "panic: n is not int32").is_empty());
    let rust = |sum: &str| format!("fn f(n: u64, m: u64) -> u32 {{\n    {sum}\n}}\n");
    let message = "E0308: mismatched types; expected `u32`, found `u64`";
    assert!(check("a.rs", &rust("n + m"), message).contains(&rust("(n + m) as u32")));
}

/// Whether one more call of an own method is among the edits.
fn calls(path: &str, text: &str, call: &str) -> bool {
    let n_calls = text.matches(call).count();
    outcomes_of(path, text).into_iter().any(|(made, text)| {
        made.template == "own-call" && text.matches(call).count() == n_calls + 1
    })
}

#[test]
fn own_methods_that_need_nothing_may_have_been_forgotten() {
    let python = "class A:\n    def add(self, x):\n        self.n += x\n\n    def trim(self):\n        \
        self.n = 9\n\n    @property\n    def last(self):\n        return self.n\n\n    def put(self, x):\n        \
        self.add(x)\n";
    assert!(calls("a.py", python, "self.trim()"));
    assert!(!calls("a.py", python, "self.last()") && !calls("a.py", python, "self.add()"));
    let javascript = "class A {\n  #trim() {\n    this.n = 9;\n  }\n\n  static all() {}\n\n  add(x) {\n    \
        this.n += x;\n  }\n}\n";
    assert!(calls("a.js", javascript, "this.#trim();") && !calls("a.js", javascript, "this.all()"));
    let go = "package a\n\nfunc (s *A) trim() {\n\ts.n = 9\n}\n\nfunc (b *B) cut() {\n\tb.n = 9\n}\n\n\
        func (a *A) add(x int) {\n\ta.n += x\n}\n";
    assert!(calls("a.go", go, "a.trim()") && !calls("a.go", go, "a.cut()"));
    let rust = "impl A {\n    fn trim(&mut self) -> Result<(), E> {\n        self.n = 9;\n        Ok(())\n    }\n\n    \
        fn all() {}\n\n    fn add(&mut self, x: u8) {\n        self.n += x;\n    }\n}\n";
    assert!(calls("a.rs", rust, "self.trim()?;") && !calls("a.rs", rust, "self.all()"));
}

#[test]
fn own_methods_copy_and_wrap() {
    let check = |path: &str, text: &str, template: &str, old: &str, new: &str| {
        let wanted = text.replace(old, new);
        let all = outcomes_of(path, text);
        all.iter().any(|(made, text)| made.template == template && *text == wanted)
    };
    let go = "package a\n\nfunc (a A) Clone() A {\n\treturn A{a.n}\n}\n\nfunc (a A) Add(b A) A {\n\treturn b\n}\n\n\
        func (a A) f() A {\n\tb := a\n\treturn b\n}\n";
    assert!(check("a.go", go, "copy-value", "b := a", "b := a.Clone()"));
    assert!(!check("a.go", go, "copy-value", "b := a", "b := a.Add()"));
    assert!(check(
        "a.go",
        go,
        "wrap-own",
        "return b\n}\n\nfunc (a A) f",
        "return b.Clone()\n}\n\nfunc (a A) f"
    ));
    let python = "class A:\n    def duplicate(self):\n        return A(self.n)\n\n    def f(self, a):\n        b = a\n        return b\n";
    assert!(check("a.py", python, "copy-value", "b = a", "b = a.duplicate()"));
    assert!(!check("a.py", python, "wrap-own", "b = a", "b = duplicate(a)"));
    let taking =
        python.replace("duplicate(self)", "source_of(self, a)").replace("b = a\n", "b = a[0]\n");
    assert!(check("a.py", &taking, "wrap-own", "b = a[0]", "b = self.source_of(a[0])"));
    assert!(
        !check("a.py", python, "wrap-own", "b = a", "b = self.f(a)"),
        "it is the function itself"
    );
    let asks = python.replace("duplicate", "is_duplicate");
    assert!(!check("a.py", &asks, "copy-value", "b = a", "b = a.is_duplicate()"));
}

#[test]
fn what_is_seldom_meant_as_a_value_is_called() {
    let check = |path: &str, text: &str, old: &str, new: &str| {
        let wanted = text.replace(old, new);
        let all = outcomes_of(path, text);
        all.iter().any(|(made, text)| made.template == "ask" && *text == wanted)
    };
    let python = "class A:\n    def text(self):\n        return self.n\n\n    def f(self, items):\n        self.items.sort()\n\n    def g(self, items):\n        items\n        h(items.pop(1), items)\n        return self\n";
    assert!(check("a.py", python, "return self\n", "return self.text()\n"));
    assert!(check("a.py", python, "        items\n", "        items.pop(1)\n"));
    assert!(!check("a.py", python, ", items)\n", ", items.pop(1))\n"));
    let javascript =
        "class A {\n  help() {\n    show(this.n);\n  }\n\n  f() {\n    this;\n  }\n}\n";
    assert!(check("a.js", javascript, "    this;", "    this.help();"));
}

#[test]
fn what_nothing_gives_a_value_starts_somewhere() {
    let check = |path: &str, text: &str, message: &str, old: &str, new: &str| {
        let wanted = text.replace(old, new);
        let all = outcomes(&source(path, text), &[message]);
        all.iter().any(|(made, text)| made.template == "declare" && *text == wanted)
    };
    let message = "UnboundLocalError: cannot access local variable 'n' where it is not associated with a value";
    let python = "def g(a):\n    n = a.size\n    return n\n\n\ndef f(a):\n    for b in a:\n        n += b\n    return n\n";
    assert!(check("a.py", python, message, "    for b", "    n = 0\n    for b"));
    assert!(check("a.py", python, message, "    for b", "    n = a.size\n    for b"));
    assert!(check("a.py", python, message, "        n +=", "        n = 0\n        n +="));
    assert!(!check("a.py", python, "assert 1 == 2", "    for b", "    n = 0\n    for b"));
    let javascript = "function f(a) {\n  for (const b of a) n += b;\n  return n;\n}\n";
    let message = "ReferenceError: n is not defined";
    assert!(check("a.js", javascript, message, "  for", "  let n = 0;\n  for"));
}

#[test]
fn a_sum_of_texts_gets_the_bracket_that_it_lacks() {
    let check = |text: &str, old: &str, new: &str| {
        let text = format!("package p\n\nfunc f(a string) string {{\n\treturn {text}\n}}\n");
        let wanted = text.replace(old, new);
        outcomes_of("a.go", &text)
            .iter()
            .any(|(made, text)| made.template == "balance" && *text == wanted)
    };
    assert!(check("\"[\" + a", "+ a", "+ a + \"]\""));
    assert!(check("a + \"]\"", "return a", "return \"[\" + a"));
    assert!(!check("\"[\" + a + \"]\"", "+ a + \"]\"", "+ a + \"]\" + \"]\""));
}

#[test]
fn beside_one_mark_another_is_asked_for() {
    let texts: String = (0..12).map(|n| format!("\tg(\"text {n}\")\n")).collect();
    let go = format!(
        "package p\n\nfunc f(a string) bool {{\n{texts}\th('=')\n\tif a[0] == '-' {{\n\t\treturn true\n\t}}\n\treturn false\n}}\n"
    );
    let wanted = go.replace("a[0] == '-'", "a[0] == '-' || a[0] == '='");
    assert!(outcomes_of("a.go", &go).iter().any(|(_, text)| *text == wanted));
}
