import { compileAhoCorasick } from './aho-corasick.ts';
import { benchmark } from './bench.ts';
import { createSeededRandom } from './random.ts';

const random = createSeededRandom(1);
const letters = 'etaoinshrdlucmfwypvbgkjqxz';

function drawWord(lengthMin: number, lengthMax: number): string {
  const length = lengthMin + (random.uint32() % (lengthMax - lengthMin + 1));
  let word = '';
  for (let at = 0; at < length; at++) word += letters[Math.floor(random.fraction() ** 2 * letters.length)]!;
  return word;
}

const textLength = 100_000;
let text = '';
while (text.length < textLength) text += `${drawWord(1, 9)} `;
text = Buffer.from(text.slice(0, textLength), 'latin1').toString('latin1');
const short = text.slice(500, 530);

for (const count of [10, 1_000, 10_000]) {
  const patterns = Array.from({ length: count }, () => drawWord(6, 12));
  const startMs = performance.now();
  const automaton = compileAhoCorasick(patterns, { ignoreCase: true });
  console.log(`${count} patterns: compiled in ${(performance.now() - startMs).toFixed(0)} ms`);
  const marks = new Uint8Array(count);
  benchmark('  mark, per byte of a 100,000 byte text', textLength, () => {
    automaton.mark(text, marks);
    return marks[0]!;
  });
  benchmark('  has, per 30 byte value', 100_000, () => {
    let found = 0;
    for (let operation = 0; operation < 100_000; operation++) if (automaton.has(short)) found++;
    return found;
  });
}
