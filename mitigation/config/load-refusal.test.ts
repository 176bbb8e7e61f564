import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type ConfigCase, openConfigCase, upstreamLine } from './config-fixture.ts';
import { configBytesMax, loadConfig } from './load.ts';

let inCase: ConfigCase;
const up = upstreamLine;

beforeEach(async () => {
  inCase = await openConfigCase();
});

afterEach(() => inCase.remove());

describe('config: refused, with place and remedy', () => {
  const rows: readonly { name: string; text: string; problems: readonly (string | RegExp)[] }[] = [
    {
      name: 'all mistakes at once, in the order of the file',
      text: `${up}limits: {fieldsMx: 3}\nworkrs: 2\nhosts:\n  - {names: [a.example], upstream: shpo}\nupstreams:\n  shop: {peers: ["127.0.0.1:1"]}\n`,
      problems: [
        'DIR/secbeat.yaml:2:10: unknown key "fieldsMx" in limits; did you mean "fieldsMax"?',
        'DIR/secbeat.yaml:3:1: unknown key "workrs"; did you mean "workers"?',
        'DIR/secbeat.yaml:5:36: unknown upstream "shpo"; did you mean "shop"?',
      ],
    },
    {
      name: 'unknown key near nothing',
      text: `${up}log: {colour: red}\n`,
      problems: ['DIR/secbeat.yaml:2:7: unknown key "colour" in log; known are level'],
    },
    {
      name: 'unknown key without a value',
      text: `${up}limts:\n`,
      problems: ['DIR/secbeat.yaml:2:1: unknown key "limts"; did you mean "limits"?'],
    },
    {
      name: '__proto__',
      text: `${up}__proto__: {x: 1}\n`,
      problems: [/^DIR\/secbeat\.yaml:2:1: unknown key "__proto__"; known are listen, /],
    },
    {
      name: 'nothing at all',
      text: '',
      problems: [
        'DIR/secbeat.yaml: upstream: nothing to protect; say where the application is, with "upstream: http://127.0.0.1:3000" or --upstream http://127.0.0.1:3000',
      ],
    },
    {
      name: 'several upstreams and no word which',
      text: 'upstreams:\n  a: {peers: ["127.0.0.1:1"]}\n  b: {peers: ["127.0.0.1:2"]}\n',
      problems: [
        'DIR/secbeat.yaml: upstream: which of a, b serves what no host names? Say "upstream: a", or list hosts',
      ],
    },
    {
      name: 'wrong types',
      text: `${up}listen: 127.0.0.1:80\nworkers: 1.5\nlimits: 3\nredirectToHttps: "yes"\nadmin: [x]\ndeadlines: {drain: [1]}\nlog: {level: 3}\ntrustedProxies: [1]\n`,
      problems: [
        'DIR/secbeat.yaml:2:9: listen: met "127.0.0.1:80"; expected a list',
        'DIR/secbeat.yaml:3:10: workers: met 1.5; expected "auto" or a whole number',
        'DIR/secbeat.yaml:4:9: limits: met 3; expected a section with keys',
        'DIR/secbeat.yaml:5:18: redirectToHttps: met "yes"; expected true or false or a whole number',
        'DIR/secbeat.yaml:6:8: admin: met a list; expected a section with keys',
        'DIR/secbeat.yaml:7:20: deadlines.drain: met a list; expected a duration such as "30s"',
        'DIR/secbeat.yaml:8:14: log.level: met 3; expected a text',
        'DIR/secbeat.yaml:9:18: trustedProxies[0]: met 1; expected a text',
      ],
    },
    {
      name: 'words that are not among those expected',
      text: `${up}waf: {mode: of, overCap: refuse}\nworkers: all\n`,
      problems: [
        'DIR/secbeat.yaml:2:13: waf.mode: met "of"; expected one of on, detection-only, off; did you mean "on"?',
        'DIR/secbeat.yaml:2:26: waf.overCap: met "refuse"; expected one of partial, deny',
        'DIR/secbeat.yaml:3:10: workers: met "all"; expected "auto" or a whole number',
      ],
    },
    {
      name: 'numbers out of bounds',
      text: `${up}workers: 257\nlimits: {ipv6PrefixBits: 31, fieldsMax: 1001}\nredirectToHttps: 65536\n`,
      problems: [
        'DIR/secbeat.yaml:2:10: workers: 257 is too large; the maximum is 256',
        'DIR/secbeat.yaml:3:26: limits.ipv6PrefixBits: 31 is too small; the minimum is 32',
        'DIR/secbeat.yaml:3:41: limits.fieldsMax: 1001 is too large; the maximum is 1000',
        'DIR/secbeat.yaml:4:18: redirectToHttps: 65536 is too large; the maximum is 65535',
      ],
    },
    {
      name: 'an upstream without peers, a host without names, a certificate without a key',
      text: 'upstreams: {shop: {peers: []}, cart: {}}\nhosts: [{names: []}, {upstream: shop}]\ncertificates: [{certificateFile: a}]\n',
      problems: [
        'DIR/secbeat.yaml:1:27: upstreams.shop.peers: is empty; expected at least 1',
        'DIR/secbeat.yaml:1:38: upstreams.cart: the key "peers" is missing',
        'DIR/secbeat.yaml:2:17: hosts[0].names: is empty; expected at least 1',
        'DIR/secbeat.yaml:2:22: hosts[1]: the key "names" is missing',
        'DIR/secbeat.yaml:3:16: certificates[0]: the key "keyFile" is missing',
      ],
    },
    {
      name: 'a name that an upstream cannot have',
      text: 'upstreams:\n  "my shop": {peers: ["127.0.0.1:1"]}\n',
      problems: [
        'DIR/secbeat.yaml:2:3: upstreams: "my shop" is no name; expected a letter, then letters, digits, "-" or "_", 63 at most',
      ],
    },
    {
      name: 'listeners that clash',
      text: `${up}listen: ["127.0.0.1:80", "localhost:80"]\ntlsListen: ["[::1]:443", "127.0.0.1:80"]\n`,
      problems: [
        'DIR/secbeat.yaml:2:26: 127.0.0.1:80 is listened on twice; remove one',
        'DIR/secbeat.yaml:3:26: 127.0.0.1:80 is listened on twice; remove one',
      ],
    },
    {
      name: 'no listener',
      text: `${up}listen: []\n`,
      problems: [
        'DIR/secbeat.yaml:2:9: listen: listens nowhere; give at least one address in listen or tlsListen',
      ],
    },
    {
      name: 'IPv6 without brackets',
      text: `${up}listen: ["::1:8443"]\n`,
      problems: [
        'DIR/secbeat.yaml:2:10: listen[0]: "::1:8443": an IPv6 address stands in brackets, for example 127.0.0.1:8080 or [::1]:8080',
      ],
    },
    {
      name: 'a redirect to nowhere',
      text: `${up}listen: ["127.0.0.1:80"]\nredirectToHttps: true\n`,
      problems: [
        'DIR/secbeat.yaml:3:18: redirectToHttps: there is no tlsListen to redirect to; add one, or give its public port',
      ],
    },
    {
      name: 'a redirect to a port that the kernel chooses',
      text: `${up}listen: ["127.0.0.1:80"]\ntlsListen: ["127.0.0.1:0"]\nredirectToHttps: true\n`,
      problems: [
        'DIR/secbeat.yaml:4:18: redirectToHttps: the port of tlsListen is 0 and so not known; give it a fixed port',
      ],
    },
    {
      name: 'an upstream that is the node itself',
      text: 'listen: ["0.0.0.0:3000"]\nupstream: http://localhost:3000\n',
      problems: [
        'DIR/secbeat.yaml:2:11: upstream "default": localhost:3000 is where this node listens (0.0.0.0:3000); give the address of the application',
      ],
    },
    {
      name: 'peers, hosts and paths said twice',
      text: `${up}upstreams: {shop: {peers: ["127.0.0.1:1", "http://127.0.0.1:1"]}}\nhosts:\n  - names: [a.example, A.example]\n    routes: [{path: /x}, {path: /x/}]\n`,
      problems: [
        'DIR/secbeat.yaml:2:43: 127.0.0.1:1 stands twice among the peers of "shop"',
        'DIR/secbeat.yaml:4:24: host name "a.example" is said twice; a name has one host',
        'DIR/secbeat.yaml:5:33: path "/x" is said twice for this host',
      ],
    },
    {
      name: 'a route to nowhere',
      text: 'hosts:\n  - names: [a.example]\n    routes: [{path: /x}]\n',
      problems: [
        'DIR/secbeat.yaml:3:14: hosts[0].routes[0]: the key "upstream" is missing; where do these requests go?',
      ],
    },
    {
      name: 'an upstream named default beside the short form',
      text: `${up}upstreams: {default: {peers: ["127.0.0.1:1"]}}\n`,
      problems: [
        'DIR/secbeat.yaml:1:11: upstream: takes the name "default", which upstreams uses already; refer to that one by its name, or rename it',
      ],
    },
    {
      name: 'limits that do not go together',
      text: `${up}workers: 2\nlimits: {targetMax: 32KiB, requestsPerSecond: 1, requestsBurst: 3601, connectionsPerClientMax: 101, connectionsPerWorkerMax: 50}\n`,
      problems: [
        'DIR/secbeat.yaml:3:21: limits.targetMax: 32KiB is not below headMax (32KiB), of which the target is a part',
        /^DIR\/secbeat\.yaml:3:65: limits\.requestsBurst: ./,
        'DIR/secbeat.yaml:3:96: limits.connectionsPerClientMax: 101 is never reached, because 2 workers with connectionsPerWorkerMax 50 take 100 in all',
      ],
    },
    {
      name: 'lists that contradict each other or themselves',
      text: `${up}allowlist: [10.0.0.0/8, 10.0.0.0/8]\ndenylist: [{prefix: 10.0.0.0/8}, {reason: x}, {prefix: 1.2.3.4/24}]\n`,
      problems: [
        'DIR/secbeat.yaml:3:34: denylist[1]: the key "prefix" is missing',
        'DIR/secbeat.yaml:3:56: denylist[2].prefix: "1.2.3.4/24": has bits set behind the prefix; write 1.2.3.0/24 for the network or 1.2.3.4/32 for the one address',
      ],
    },
    {
      name: 'a prefix on both lists, and twice on one',
      text: `${up}allowlist: [10.0.0.0/8, 10.0.0.0/8]\ndenylist: [{prefix: 10.0.0.0/8}]\n`,
      problems: [
        'DIR/secbeat.yaml:2:25: allowlist[1]: 10.0.0.0/8 stands on it twice; remove one',
        'DIR/secbeat.yaml:3:12: denylist[0]: 10.0.0.0/8 is on the allowlist too, which wins; remove one',
      ],
    },
    {
      name: 'an admin listener for everybody',
      text: `${up}admin: {listen: "0.0.0.0:9090"}\n`,
      problems: [
        'DIR/secbeat.yaml:2:17: admin.listen: 0.0.0.0 is not loopback; metrics and health have no password, so use 127.0.0.1 or [::1], and a proxy of your own for other machines',
      ],
    },
    {
      name: 'an admin listener where traffic goes',
      text: `${up}listen: ["127.0.0.1:9090"]\nadmin: {listen: "127.0.0.1:9090"}\n`,
      problems: [
        'DIR/secbeat.yaml:3:17: admin.listen: 127.0.0.1:9090 is a listener for traffic already; choose another port',
      ],
    },
    {
      name: 'files that are not there',
      text: `${up}waf: {rules: [mine.conf, "crs/*.conf"]}\npages: {deny: no.html}\ncertificates: [{certificateFile: c.pem, keyFile: k.pem}]\n`,
      problems: [
        'DIR/secbeat.yaml:2:15: cannot read DIR/mine.conf: there is no such file',
        'DIR/secbeat.yaml:2:26: waf.rules[1]: no file matches DIR/crs/*.conf',
        'DIR/secbeat.yaml:3:15: pages.deny: cannot read DIR/no.html: there is no such file',
        'DIR/secbeat.yaml:4:34: cannot read DIR/c.pem: there is no such file',
        'DIR/secbeat.yaml:4:50: cannot read DIR/k.pem: there is no such file',
      ],
    },
    {
      name: 'a key in the file itself',
      text: `${up}certificates:\n  - certificateFile: c.pem\n    keyFile: |\n      -----BEGIN PRIVATE KEY-----\n      MC4C\n`,
      problems: [
        'DIR/secbeat.yaml:4:14: certificates[0].keyFile: a certificate or key does not stand in the configuration itself; give the path of its file',
      ],
    },
  ];
  for (const row of rows) {
    test(row.name, async () => {
      const met = await inCase.problemsOf(row.text);
      assert.equal(met.length, row.problems.length, met.join('\n'));
      for (const [index, expected] of row.problems.entries()) {
        if (typeof expected === 'string') assert.equal(met[index], expected);
        else assert.match(met[index] ?? '', expected);
      }
    });
  }
});

describe('config: files that are no configuration', () => {
  const message = (file: string): Promise<string> =>
    loadConfig({ file, environment: {} }).then(
      () => 'was accepted',
      (thrown: Error) => thrown.message.replaceAll(`${inCase.directory}/`, 'DIR/'),
    );

  test('missing', async () => {
    assert.equal(
      await message(join(inCase.directory, 'no.yaml')),
      'DIR/no.yaml: cannot read DIR/no.yaml: there is no such file',
    );
  });

  test('a directory', async () => {
    assert.equal(
      await message(join(inCase.directory, 'no-rules')),
      'DIR/no-rules: DIR/no-rules is a directory; expected a file',
    );
  });

  test('a device', async () => {
    assert.equal(await message('/dev/null'), '/dev/null: /dev/null is not a regular file');
  });

  test('not UTF-8: the line is named', async () => {
    const file = await inCase.put('latin1.yaml', Buffer.from('a: 1\n# caf\u00e9\n', 'latin1'));
    assert.equal(
      await message(file),
      'DIR/latin1.yaml:2:1: this line is not UTF-8; save the file in that encoding',
    );
  });

  test('UTF-16', async () => {
    const file = await inCase.put('utf16.yaml', Buffer.from('\ufeffupstream: x\n', 'utf16le'));
    assert.match(await message(file), /utf16\.yaml:1:1: this line is not UTF-8/);
  });

  for (const { bytes, isRead } of [
    { bytes: configBytesMax - 1, isRead: true },
    { bytes: configBytesMax, isRead: true },
    { bytes: configBytesMax + 1, isRead: false },
  ]) {
    test(`${bytes} bytes are ${isRead ? 'read' : 'refused'}`, async () => {
      const padded = `${up}#`.padEnd(bytes, 'x');
      const expected = isRead ? /^was accepted$/ : /has 1048577 bytes; at most 1048576 are read$/;
      const met = await inCase.problemsOf(padded);
      assert.match(met.join('\n'), expected);
    });
  }

  test('a byte order mark and CRLF are taken', async () => {
    assert.equal((await inCase.load(`\ufeff${up.replace('\n', '\r\n')}workers: 2\r\n`)).workers, 2);
  });

  test('more problems than anyone reads are counted', async () => {
    const met = await inCase.problemsOf(
      `${up}${Array.from({ length: 70 }, (_, index) => `unknown${index}: 1\n`).join('')}`,
    );
    assert.equal(met.length, 51);
    assert.equal(met.at(-1), '... and 20 more');
  });
});
