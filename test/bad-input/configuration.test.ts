/**
 * Configurations and rules that cannot be: a start says where and what, and a running node that is told to load them
 * says the same and goes on with what it has.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { ensureSelfSigned } from '@secbeat/mitigation/connection/tls/self-signed.ts';
import { requestControl } from '@secbeat/mitigation/process/control-client.ts';
import { type NodeProcess, startNode, until } from '../support/node-process.ts';
import { type Origin, openOrigin } from '../support/origin.ts';
import { errorLinesOf, runCommand } from './command.ts';

interface Row {
  readonly what: string;
  /** Behind the lines that make a good configuration, unless `isWhole`. */
  readonly text: string | Buffer;
  readonly isWhole?: true;
  readonly files?: Readonly<Record<string, string>>;
  /** What is said, one problem a line. `DIR/` stands for the directory of the configuration. */
  readonly says: readonly string[];
}

const good = `listen: ['127.0.0.1:0']\nupstream: http://127.0.0.1:1\nworkers: 1\n`;
const firstLine = 4;
let certificate = '';
let otherKey = '';

const rows: readonly Row[] = [
  {
    what: 'an unknown key beside a known one',
    text: 'limits:\n  requestPerSecond: 5\n',
    says: [
      `secbeat.yaml:${firstLine + 1}:3: unknown key "requestPerSecond" in limits; did you mean "requestsPerSecond"?`,
    ],
  },
  {
    what: 'two unknown keys: both are told',
    text: 'upstrem: x\nwaf: { mod: off }\n',
    says: [
      'secbeat.yaml:4:1: unknown key "upstrem"; did you mean "upstream"?',
      'secbeat.yaml:5:8: unknown key "mod" in waf; did you mean "mode"?',
    ],
  },
  {
    what: 'a key twice',
    text: 'upstream: http://127.0.0.1:2\n',
    says: ['secbeat.yaml:4:1: duplicate key "upstream"; it stands already in line 2'],
  },
  {
    what: 'a duration without unit',
    text: 'deadlines: { drain: 5 }\n',
    says: ['secbeat.yaml:4:21: deadlines.drain: "5" has no unit; write "5s" or "5ms"'],
  },
  {
    what: 'a host that names an upstream which is not there',
    text: 'upstreams: { shop: { peers: [http://127.0.0.1:1] } }\nhosts: [{ names: [a.test], upstream: shpo }]\n',
    says: ['secbeat.yaml:5:38: unknown upstream "shpo"; did you mean "shop"?'],
  },
  {
    what: 'broken YAML',
    text: 'hosts: [\n',
    says: [
      'secbeat.yaml:5:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  },
  {
    what: 'an empty file',
    text: '',
    isWhole: true,
    says: [
      'secbeat.yaml: upstream: nothing to protect; say where the application is, with "upstream: http://127.0.0.1:3000" or --upstream http://127.0.0.1:3000',
    ],
  },
  {
    what: 'binary',
    text: Buffer.from('7f454c4600ff', 'hex'),
    isWhole: true,
    says: ['secbeat.yaml:1:1: this line is not UTF-8; save the file in that encoding'],
  },
  {
    what: 'one value instead of keys',
    text: 'hello\n',
    isWhole: true,
    says: [
      'secbeat.yaml:1:1: expected keys with values at the top, for example "upstream: http://127.0.0.1:3000"',
    ],
  },
  {
    what: 'a file one byte over 1 MiB',
    text: '#'.repeat(1024 * 1024 + 1),
    isWhole: true,
    says: ['secbeat.yaml: secbeat.yaml has 1048577 bytes; at most 1048576 are read'],
  },
  {
    what: 'an unknown operator in a rule',
    text: 'waf: { rules: [own.conf] }\n',
    files: { 'own.conf': '# mine\nSecRule ARGS "@contians x" "id:1,phase:2,deny"\n' },
    says: ['own.conf:2:15: unknown operator "@contians"; did you mean "@contains"?'],
  },
  {
    what: 'an unknown variable, a broken pattern: both are told',
    text: 'waf: { rules: ["rules/*.conf"] }\n',
    files: {
      'rules/a.conf': 'SecRule FOO "@rx x" "id:1,phase:2,deny"\n',
      'rules/b.conf': '\n\nSecRule ARGS "@rx (" "id:2,phase:2,deny"\n',
    },
    says: [
      'rules/a.conf:1:9: unknown variable "FOO"',
      'rules/b.conf:3:19: @rx: pattern, byte 1: this "(" has no ")"',
    ],
  },
  {
    what: 'a rule file that is not there',
    text: 'waf:\n  rules: [gone.conf]\n',
    says: ['secbeat.yaml:5:11: cannot read DIR/gone.conf: there is no such file'],
  },
  {
    what: 'a pattern that matches no rule file',
    text: 'waf:\n  rules: ["gone/*.conf"]\n',
    says: ['secbeat.yaml:5:11: waf.rules[0]: no file matches DIR/gone/*.conf'],
  },
  {
    what: 'a page that is not there',
    text: 'pages: { deny: gone.html }\n',
    says: ['secbeat.yaml:4:16: pages.deny: cannot read DIR/gone.html: there is no such file'],
  },
];

const certificateRows: readonly (readonly [
  what: string,
  files: () => Readonly<Record<string, string>>,
  says: readonly string[],
])[] = [
  [
    'that is not there',
    () => ({}),
    [
      'secbeat.yaml:6:22: cannot read DIR/a.crt: there is no such file',
      'secbeat.yaml:7:14: cannot read DIR/a.key: there is no such file',
    ],
  ],
  [
    'that is a directory',
    () => ({ 'a.crt/x': '', 'a.key': otherKey }),
    ['secbeat.yaml:6:22: DIR/a.crt is a directory; expected a file'],
  ],
  [
    'that is none',
    () => ({ 'a.crt': 'not a certificate\n', 'a.key': otherKey }),
    ['secbeat.yaml:6:22: DIR/a.crt holds no certificate; expected PEM with -----BEGIN CERTIFICATE-----'],
  ],
  [
    'whose key is none',
    () => ({ 'a.crt': certificate, 'a.key': 'not a key\n' }),
    ['secbeat.yaml:7:14: DIR/a.key holds no private key; expected PEM with -----BEGIN PRIVATE KEY-----'],
  ],
  [
    'whose key belongs to another one',
    () => ({ 'a.crt': certificate, 'a.key': otherKey }),
    [
      "secbeat.yaml:7:14: the key in DIR/a.key does not belong to the first certificate in DIR/a.crt; the server's own certificate must stand first",
    ],
  ],
];

let origin: Origin;
let running: NodeProcess;
let runningText: string;
let scratch: string;

before(async () => {
  origin = await openOrigin();
  runningText = good.replace('http://127.0.0.1:1', origin.url);
  running = await startNode({ config: runningText });
  scratch = mkdtempSync(join(tmpdir(), 'secbeat-test-bad-'));
  ({ certificatePem: certificate } = await ensureSelfSigned(join(scratch, 'one'), ['one.test']));
  ({ keyPem: otherKey } = await ensureSelfSigned(join(scratch, 'two'), ['two.test']));
});

after(async () => {
  await running[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

let directories = 0;

/** Writes the configuration and its files into a directory of their own. */
function write(row: Row, before = good): string {
  directories += 1;
  const directory = join(scratch, `row-${directories}`);
  mkdirSync(directory);
  put(directory, row, before);
  return directory;
}

function put(directory: string, row: Row, before: string): void {
  for (const [name, text] of Object.entries(row.files ?? {})) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const isAlone = row.isWhole === true || Buffer.isBuffer(row.text);
  writeFileSync(join(directory, 'secbeat.yaml'), isAlone ? row.text : before + String(row.text));
}

const secure = 'tlsListen: ["127.0.0.1:0"]\ncertificates:\n  - certificateFile: a.crt\n    keyFile: a.key\n';
const allRows: readonly (readonly [what: string, row: () => Row])[] = [
  ...rows.map((row) => [row.what, () => row] as const),
  ...certificateRows.map(
    ([what, files, says]) =>
      [`a certificate ${what}`, () => ({ what, text: secure, files: files(), says })] as const,
  ),
];

for (const [what, row] of allRows) {
  test(`bad input: ${what} ends the start with the place and the remedy`, async () => {
    const wanted = row();
    const directory = write(wanted);
    const end = await runCommand(['node', '--config', 'secbeat.yaml', '--data', 'data'], directory);
    assert.equal(end.code, 1, end.stderr);
    const [first = '', ...more] = errorLinesOf(end).map((line) => line.replaceAll(`${directory}/`, 'DIR/'));
    assert.deepEqual([first.replace(/^secbeat: /, ''), ...more], wanted.says);
    assert.ok(first.startsWith('secbeat: '), first);
    assert.doesNotMatch(end.stderr, /\n {4}at /);
    assert.equal(end.stdout, '');
  });

  test(`bad input: ${what} is refused by a running node, which goes on`, async () => {
    const wanted = row();
    put(running.directory, wanted, runningText);
    try {
      const outcome = await requestControl<'reload'>(running.dataDirectory, { op: 'reload' });
      assert.equal(outcome.isInForce, false);
      const said = outcome.reasons
        .flatMap((reason) => reason.split('\n'))
        .map((line) => line.replaceAll(`${running.directory}/`, 'DIR/').replace(/^DIR\//, ''));
      assert.deepEqual(
        said,
        wanted.says.map((line) => line.replace(': secbeat.yaml has', ': DIR/secbeat.yaml has')),
      );
      assert.equal((await fetch(running.url())).status, 200);
      const { ready, warnings } = (await (await fetch(`${running.adminUrl}/readyz`)).json()) as {
        readonly ready: boolean;
        readonly warnings: readonly string[];
      };
      assert.equal(ready, true);
      assert.ok(warnings.includes('the last reload was refused: an older configuration is in force'));
    } finally {
      for (const name of Object.keys(wanted.files ?? {})) {
        rmSync(join(running.directory, name.split('/')[0] ?? name), { recursive: true, force: true });
      }
    }
  });
}

test('bad input: a configuration that is a directory ends the start', async () => {
  const directory = write({ what: '', text: '', says: [] });
  const end = await runCommand(['node', '--config', '.', '--data', 'data'], directory);
  assert.deepEqual([end.code, end.stderr], [1, 'secbeat: .: . is a directory; expected a file\n']);
});

test('bad input: a configuration that is not there ends the start', async () => {
  const directory = write({ what: '', text: '', says: [] });
  const end = await runCommand(['node', '--config', 'gone.yaml', '--data', 'data'], directory);
  assert.deepEqual(
    [end.code, end.stderr],
    [1, 'secbeat: gone.yaml: cannot read gone.yaml: there is no such file\n'],
  );
});

test('bad input: a rule file that vanishes before a reload is named, and its rules stay in force', async () => {
  const rule = 'SecRule ARGS "@streq gone-soon" "id:900001,phase:2,deny,status:403"\n';
  const withRule = `${runningText}waf: { rules: [own.conf] }\n`;
  writeFileSync(join(running.directory, 'own.conf'), rule);
  writeFileSync(running.configFile, withRule);
  const reload = () => requestControl<'reload'>(running.dataDirectory, { op: 'reload' });
  assert.deepEqual(await reload(), { isInForce: true, reasons: [] });
  const status = async (): Promise<number> => (await fetch(`${running.url()}/?q=gone-soon`)).status;
  assert.equal(await status(), 403);
  rmSync(join(running.directory, 'own.conf'));
  assert.deepEqual(await reload(), {
    isInForce: false,
    reasons: [`${running.configFile}:4:16: cannot read ${running.directory}/own.conf: there is no such file`],
  });
  assert.equal(await status(), 403);
  // A reload by signal says it in the log, for there is nobody to tell.
  const before = running.errors.length;
  process.kill(running.pid, 'SIGHUP');
  await until(
    () => running.errors.slice(before).includes('own.conf: there is no such file'),
    30_000,
    () => running.errors,
  );
  assert.equal(await status(), 403);
  writeFileSync(running.configFile, runningText);
  assert.deepEqual(await reload(), { isInForce: true, reasons: [] });
  assert.equal(await status(), 200);
});

test('bad input: what needs a restart is refused with that word', async () => {
  writeFileSync(running.configFile, runningText.replace('workers: 1', 'workers: 2'));
  const outcome = await requestControl<'reload'>(running.dataDirectory, { op: 'reload' });
  assert.deepEqual(outcome, {
    isInForce: false,
    reasons: ['workers cannot change while the node runs; restart the node to change it'],
  });
  assert.equal((await fetch(running.url())).status, 200);
});
