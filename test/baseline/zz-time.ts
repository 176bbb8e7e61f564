import { readBaseline, judge } from './judge.ts';
import { readCases } from './case-file.ts';
import { compileRuleset } from '@secbeat/waf/engine.ts';
const benign = readCases(new URL('./testdata/benign/', import.meta.url), ['query','form','json','multipart']);
const files = readBaseline('conf');
const dataFiles = Object.fromEntries(readBaseline('data').map(({file,text}) => [file,text]));
const all = files.map(f => f.text).join('\n');
const ids = [...all.matchAll(/id:(\d{6})/g)].map(m => Number(m[1]));
function run(excluded: number[]) {
  const r = compileRuleset({ sources: files, dataFiles, clock: { nowMs: () => 1772402709500 } });
  if (r.kind !== 'ruleset') throw new Error('x');
  const rs = r.ruleset; 
  const proxy = { begin: (v: any, p: any) => rs.begin(v, { ...p, excludedRuleIds: excluded }) } as any;
  for (const c of benign) judge(proxy, c);
  const t = performance.now(); for (const c of benign) judge(proxy, c); return performance.now() - t;
}
const only = ids.filter(id => id !== 100010);
console.log('all', run([]).toFixed(0), 'none', run(only).toFixed(0));
for (const id of only) console.log(id, run(only.filter(x => x !== id)).toFixed(0));
