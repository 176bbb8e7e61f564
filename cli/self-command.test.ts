import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { quoteForShell, selfCommand } from './self-command.ts';

for (const word of [
  '',
  'a',
  '/srv/my data',
  "it's",
  '$(id)',
  '`id`',
  'a"b',
  '~',
  '*',
  'a\nb',
  '-',
  '--data',
  'a;b',
  '\\',
  'é',
]) {
  test(`shell: ${JSON.stringify(word)} comes out of a shell as it went in`, () => {
    assert.equal(
      execFileSync('/bin/sh', ['-c', `printf %s ${quoteForShell(word)}`], { encoding: 'utf8' }),
      word,
    );
  });
}

test('self command: under npm it names the repository, so that it works from any directory', () => {
  const context = { root: '/srv/se beat', isUnderNpm: true, runtime: '/opt/node' };
  assert.equal(
    selfCommand(context, ['explain', '-']),
    "npm --prefix '/srv/se beat' run --silent secbeat -- explain -",
  );
});

test('self command: without npm it names the runtime and the program', () => {
  const context = { root: '/srv/secbeat', isUnderNpm: false, runtime: '/opt/node' };
  assert.equal(selfCommand(context, ['status']), '/opt/node /srv/secbeat/cli/secbeat.ts status');
});
