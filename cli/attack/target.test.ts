import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireLoopback } from './target.ts';

for (const [text, expected] of [
  ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080/'],
  ['http://127.0.0.1', 'http://127.0.0.1/'],
  ['https://127.255.255.254:8443/a?b=c', 'https://127.255.255.254:8443/a?b=c'],
  ['http://[::1]:8080/', 'http://[::1]:8080/'],
  ['http://localhost:8080/', 'http://127.0.0.1:8080/'],
  ['HTTP://LOCALHOST/', 'http://127.0.0.1/'],
  ['http://127.0.0.1?q=http://evil.example/', 'http://127.0.0.1/?q=http://evil.example/'],
] as const) {
  test(`target: ${text} is loopback`, () => {
    assert.equal(requireLoopback(text).href, expected);
  });
}

for (const [text, why] of [
  ['', 'is no URL'],
  ['127.0.0.1:8080', 'is no URL'],
  ['http://127.0.0.1:65536/', 'is no URL'],
  ['http://127.0.0.256/', 'is no URL'],
  ['http://[::1/', 'is no URL'],
  ['ftp://127.0.0.1/', 'is neither http nor https'],
  ['file:///etc/passwd', 'is neither http nor https'],
  ['localhost:8080', 'is neither http nor https'],
  ['http://example.com/', 'names example.com'],
  ['http://127.0.0.1.evil/', 'names 127.0.0.1.evil'],
  ['http://127.0.0.1.evil.example:80/', 'names 127.0.0.1.evil.example'],
  ['http://localhost.evil.example/', 'names localhost.evil.example'],
  ['http://evil-localhost/', 'names evil-localhost'],
  ['http://localhost./', 'names localhost.'],
  ['http://126.255.255.255/', 'names 126.255.255.255'],
  ['http://128.0.0.0/', 'names 128.0.0.0'],
  ['http://0.0.0.0/', 'names 0.0.0.0'],
  ['http://192.168.1.1/', 'names 192.168.1.1'],
  ['http://[::]/', 'names [::]'],
  ['http://[::2]/', 'names [::2]'],
  ['http://[2001:db8::1]/', 'names [2001:db8::1]'],
  ['http://[::ffff:127.0.0.1]/', 'names [::ffff:7f00:1]'],
  ['http://[::ffff:192.0.2.1]/', 'names [::ffff:c000:201]'],
  ['http://user@127.0.0.1/', 'has a user name'],
  ['http://127.0.0.1:80@evil.example/', 'has a user name'],
  ['http://127.0.0.1@evil.example/', 'has a user name'],
  ['http://:secret@127.0.0.1/', 'has a user name'],
  ['http://@127.0.0.1/', 'is not plainly a loopback address'],
  ['http://2130706433/', 'is not plainly a loopback address'],
  ['http://0x7f000001/', 'is not plainly a loopback address'],
  ['http://0x7f.0.0.1/', 'is not plainly a loopback address'],
  ['http://0177.0.0.1/', 'is not plainly a loopback address'],
  ['http://127.0.0.010/', 'is not plainly a loopback address'],
  ['http://127.1/', 'is not plainly a loopback address'],
  ['http://127.0.0.1./', 'is not plainly a loopback address'],
  ['http://１２７.0.0.1/', 'is not plainly a loopback address'],
  ['http://127.0.0.%31/', 'is not plainly a loopback address'],
  ['http:127.0.0.1/', 'is not plainly a loopback address'],
  ['http:\\\\127.0.0.1\\', 'is not plainly a loopback address'],
  [' http://127.0.0.1/', 'is not plainly a loopback address'],
  ['http://127.0.\t0.1/', 'is not plainly a loopback address'],
  ['http://127.0.0.1/\\evil', 'is not plainly a loopback address'],
] as const) {
  test(`target: ${JSON.stringify(text)} is refused: ${why}`, () => {
    assert.throws(
      () => requireLoopback(text),
      (fault: Error & { code?: string }) => {
        assert.equal(fault.code, 'attack-target');
        assert.ok(fault.message.includes(why), fault.message);
        assert.match(fault.message, /; give a loopback URL such as http:\/\/127\.0\.0\.1:8080\/$/);
        return true;
      },
    );
  });
}
