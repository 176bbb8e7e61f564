import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { wafDefaults } from './defaults.ts';
import type { WafConfig } from './model.ts';
import { formatPath } from './place.ts';
import { resolveWaf } from './read-rules.ts';

let root = '';
let base = '';
let baseline = '';
let count = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'secbeat-rules-'));
});

after(() => rm(root, { recursive: true }));

beforeEach(async () => {
  count++;
  base = join(root, `${count}`, 'etc');
  baseline = join(root, `${count}`, 'baseline');
  await mkdir(base, { recursive: true });
  await mkdir(baseline);
});

async function put(name: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(base, name)), { recursive: true });
  await writeFile(join(base, name), content);
}

async function read(
  rules: readonly string[],
  isBaseline = false,
): Promise<{ waf: WafConfig; problems: readonly string[]; warnings: readonly string[] }> {
  const problems: string[] = [];
  const warnings: string[] = [];
  const say =
    (into: string[]) =>
    (path: readonly (string | number)[], message: string): void => {
      into.push(`${formatPath(path)}: ${message.replaceAll(`${base}/`, 'ETC/')}`);
    };
  const file = { ...wafDefaults, baseline: isBaseline, rules };
  const search = { baseDirectory: base, baselineDirectory: baseline };
  const waf = await resolveWaf(file, search, { problem: say(problems), warning: say(warnings) });
  return { waf, problems, warnings };
}

test('rules: in the order of the list, the files of a pattern by name, none twice', async () => {
  for (const name of ['b.conf', 'a.conf', 'sub/z.conf', 'sub/Y.conf', 'a.data']) await put(name, `# ${name}`);
  const { waf, problems } = await read(['sub/*.conf', '*.conf', 'a.conf', join(base, 'b.conf')]);
  assert.deepEqual(problems, []);
  assert.deepEqual(waf.sources, [
    { file: 'sub/Y.conf', text: '# sub/Y.conf' },
    { file: 'sub/z.conf', text: '# sub/z.conf' },
    { file: 'a.conf', text: '# a.conf' },
    { file: 'b.conf', text: '# b.conf' },
  ]);
});

test('rules: the baseline comes first, and its absence is warned of', async () => {
  await put('a.conf', '# a');
  assert.match((await read(['a.conf'], true)).warnings.join(), /^waf\.baseline: waf\.baseline: no rules in /);
  await writeFile(join(baseline, '20.conf'), '# 20');
  await writeFile(join(baseline, '10.conf'), 'SecRule ARGS "@pmFromFile words.data" "id:1"');
  await writeFile(join(baseline, 'words.data'), 'x\n');
  const { waf, warnings } = await read(['a.conf'], true);
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    waf.sources.map((source) => source.file),
    ['baseline/10.conf', 'baseline/20.conf', 'a.conf'],
  );
  assert.deepEqual(waf.dataFiles, { 'words.data': 'x\n' });
  assert.deepEqual(
    (await read(['a.conf'], false)).waf.sources.map((source) => source.file),
    ['a.conf'],
  );
});

test('rules: texts are bytes', async () => {
  await put('a.conf', Buffer.from([0x23, 0xc3, 0xa9, 0xff, 0x00]));
  const { waf } = await read(['a.conf']);
  assert.equal(waf.sources[0]?.text, '#\u00c3\u00a9\u00ff\u0000');
});

describe('rules: data files', () => {
  test('are found beside the rule file that names them, under the name it uses', async () => {
    await put(
      'crs/one.conf',
      'SecRule ARGS "@pmFromFile one.data sub/two.data" "id:1"\nSecRule X "!@ipMatchFromFile  ips.txt" "id:2"\n',
    );
    await put('crs/one.data', '1');
    await put('crs/sub/two.data', '2');
    await put('crs/ips.txt', '10.0.0.0/8');
    const { waf, problems } = await read(['crs/one.conf']);
    assert.deepEqual(problems, []);
    assert.deepEqual(waf.dataFiles, { 'one.data': '1', 'sub/two.data': '2', 'ips.txt': '10.0.0.0/8' });
  });

  test('with a blank in their name', async () => {
    await put('a.conf', 'SecRule ARGS "@pmf my words.data" "id:1"');
    await put('my words.data', 'x');
    assert.equal((await read(['a.conf'])).waf.dataFiles['my words.data'], 'x');
  });

  test('that are missing are left to the engine, which knows the line', async () => {
    await put('a.conf', 'SecRule ARGS "@pmFromFile no.data" "id:1"\n# "@pmFromFile dir"\n');
    await mkdir(join(base, 'dir'));
    const { waf, problems } = await read(['a.conf']);
    assert.deepEqual(problems, []);
    assert.deepEqual(waf.dataFiles, {});
  });

  test('that cannot be read are a problem', async () => {
    await put('a.conf', 'SecRule ARGS "@pmFromFile dir" "id:1"');
    await mkdir(join(base, 'dir'));
    assert.deepEqual((await read(['a.conf'])).problems, [
      'waf.rules[0]: ETC/dir is a directory; expected a file',
    ]);
  });

  test('of one name in two folders: the same text is one, another text is a problem', async () => {
    for (const folder of ['x', 'y', 'z']) {
      await put(`${folder}/r.conf`, 'SecRule ARGS "@pmFromFile w.data" "id:1"');
      await put(`${folder}/w.data`, folder === 'z' ? 'other' : 'same');
    }
    assert.deepEqual((await read(['x/r.conf', 'y/r.conf'])).problems, []);
    assert.deepEqual((await read(['x/r.conf', 'z/r.conf'])).problems, [
      'waf.rules[1]: rules name a data file "w.data" in two places, ETC/x/w.data and ETC/z/w.data, that differ; rename one',
    ]);
  });
});

describe('rules: included files', () => {
  test('are read with the names that the engine looks for', async () => {
    await put('main.conf', 'Include crs/setup.conf\n  Include "crs/rules/*.conf"\r\n# Include no.conf\n');
    await put('crs/setup.conf', 'Include ./more.conf');
    await put('crs/more.conf', '# more');
    await put('crs/rules/1.conf', '# 1');
    const { waf, problems } = await read(['main.conf']);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      waf.sources.map((source) => source.file),
      ['main.conf', 'crs/setup.conf', 'crs/more.conf', 'crs/rules/1.conf'],
    );
  });

  test('in a circle end', async () => {
    await put('a.conf', 'Include b.conf');
    await put('b.conf', 'Include a.conf');
    assert.equal((await read(['a.conf'])).waf.sources.length, 2);
  });

  test('that are missing are a problem', async () => {
    await put('a.conf', 'Include b.conf');
    assert.deepEqual((await read(['a.conf'])).problems, [
      'waf.rules[0]: cannot read ETC/b.conf: there is no such file',
    ]);
  });
});

describe('rules: bounds', () => {
  test('a file of 16 MiB is read, one byte more is not', async () => {
    await put('max.conf', Buffer.alloc(16_777_216, '#'));
    await put('over.conf', Buffer.alloc(16_777_217, '#'));
    const { waf, problems } = await read(['max.conf', 'over.conf']);
    assert.deepEqual(
      waf.sources.map((source) => source.text.length),
      [16_777_216],
    );
    assert.deepEqual(problems, ['waf.rules[1]: ETC/over.conf has 16777217 bytes; at most 16777216 are read']);
  });

  test('2000 files are read, one more is not', async () => {
    for (let index = 0; index < 2000; index++) await put(`r/${index}.conf`, '');
    assert.equal((await read(['r/*.conf'])).problems.length, 0);
    await put('last.conf', '');
    const { waf, problems } = await read(['r/*.conf', 'last.conf']);
    assert.equal(waf.sources.length, 2000);
    assert.match(problems.join(), /more than 2000 files .* the first too many is ETC\/last\.conf/);
  });

  test('a pattern that matches nothing is a problem', async () => {
    assert.deepEqual((await read(['x/*.conf'])).problems, [
      'waf.rules[0]: waf.rules[0]: no file matches ETC/x/*.conf',
    ]);
  });
});
