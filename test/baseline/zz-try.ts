import { readCases } from '/work/main/test/baseline/case-file.ts';
import { compileBaseline, judge } from '/work/main/test/baseline/judge.ts';
const ruleset = compileBaseline();
const t0 = performance.now();
const only = process.argv[2] ?? 'both';
if (only !== 'attack') {
const benign = readCases(new URL('file:///work/main/test/baseline/testdata/benign/'), ['query','form','json','multipart']);
let fp = 0; const values = new Set(benign.map(c => c.value));
const seen = new Map<string,string[]>();
for (const c of benign) { const j = judge(ruleset, c); if (j.score > 0) { if (j.isDenied) fp++; const k = `${j.isDenied ? 'FP' : 'hint'} ${j.score} ${j.matches.map(m=>m.split(' ')[0]).join(',')}: ${c.value.slice(0,120)}`; seen.set(k, [...(seen.get(k) ?? []), c.place]); } }
for (const [k, p] of seen) console.log(k.replaceAll('\n','\\n'), '   @', p.join(' '));
console.log(`benign ${benign.length} requests, ${values.size} values, ${fp} false positives`, performance.now() - t0);
}
if (only !== 'benign') {
const attacks = readCases(new URL('file:///work/main/test/baseline/testdata/attack/'), []);
const by = new Map<string, [number, number, string[]]>();
for (const c of attacks) { const e = by.get(c.family) ?? [0,0,[]]; const j = judge(ruleset, c); e[1]++; if (j.isDenied) e[0]++; else e[2].push(`${c.name}  [${j.score}] ${j.matches.join('; ')}`); by.set(c.family, e); }
for (const [f, [a, b, m]] of by) { console.log(`=== ${f}: ${a}/${b}`); for (const x of m) console.log('   ', x.replaceAll('\n','\\n')); }
console.log(attacks.length, new Set(attacks.map(c=>c.value)).size);
}
