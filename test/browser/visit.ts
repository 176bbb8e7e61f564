/** What a visitor of the demo shop writes. */

/** One comment. */
interface VisitorComment {
  readonly author: string;
  readonly text: string;
}

/** Search words, and how many products the shop finds. */
export const searches: readonly { readonly word: string; readonly hits: number }[] = [
  { word: "O'Reilly & Sons", hits: 1 },
  { word: 'lamp', hits: 1 },
  { word: '100% "cotton" or <3', hits: 0 },
  { word: 'select a union; drop by', hits: 0 },
];

/** Passwords that are not the right one. */
export const passwords: readonly string[] = ['p@ss\'w0rd"!', 'a|b&c;d', '100%<sure>'];

/** Prose with quotes, and code in several languages. */
export const comments: readonly VisitorComment[] = [
  { author: "Seán O'Brien", text: 'It\'s "great" & cheap; wouldn\'t you say? 5/5, 100% -- buy it! <3' },
  { author: 'Zoë & Łukasz', text: "C’est l’été: «parfait». Das ist's! これは50%オフ 👍 Ελληνικά" },
  {
    author: 'JavaScript',
    text: `const total = items.filter((i) => i.price > 10 && i.stock !== 0).map((i) => i.name);
for (let i = 0; i < total.length; i++) {
  console.log(\`\${i}: \${total[i]} isn't "sold"\`);
}
document.querySelector('#cart').addEventListener('click', () => update());`,
  },
  {
    author: 'C',
    text: `#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: %s NAME\\n", argv[0]);
        return 1;
    }
    return 0; /* that's all */
}`,
  },
  {
    author: 'Java',
    text: `public class Main {
    public static void main(String[] args) {
        Map<String, List<Integer>> counts = new HashMap<>();
        if (counts.isEmpty() || args.length > 3) System.out.println("it's odd");
    }
}`,
  },
  {
    author: 'SQL',
    text: `Why is this slow?

SELECT c.name, COUNT(o.id) AS orders
FROM customer c LEFT JOIN orders o ON o.customer_id = c.id
WHERE o.created >= '2026-01-01' AND o.status = 'paid'
GROUP BY c.name HAVING COUNT(o.id) > 3
ORDER BY orders DESC LIMIT 10;`,
  },
  {
    author: 'shell',
    text: `On Debian I did:

sudo apt-get update && sudo apt-get install -y nodejs
cd ~/shop; ls -la
for f in *.log; do gzip "$f"; done
ps aux | grep node > /dev/null && echo "it's up at $(date)"`,
  },
  {
    author: 'Python',
    text: `import os
for name in os.listdir('.'):
    if name.endswith('.py') and not name.startswith('_'):
        print(f"it's {name!r}")`,
  },
  {
    author: 'Markdown',
    text: `# Lamp

- **warm** light, \`54 EUR\`
- see [the page](https://example.com/lamp?a=1&b=2#top)

| a | b |
|---|---|
| 1 | 2 |

> isn't it?`,
  },
  {
    author: 'HTML',
    text: `<p class="note">It's <b>bold</b> &amp; <a href="https://example.com/?a=1&amp;b=2">a link</a>.</p>
<ul><li>one</li><li>two</li></ul>`,
  },
  { author: 'CSS', text: `.box > a:hover { background: url("/img/a.png") no-repeat; content: "\\201C"; }` },
];
