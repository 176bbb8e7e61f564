/**
 * Where our reader and Node's own (llhttp, through `node:http`) part on purpose, with why.
 *
 * For `differential.test.ts`: a vector that differs and is not here fails it, and so does one that is here and does not
 * differ any more.
 */

/** Vectors of one group whose first message only one of the two accepts. */
export interface Difference {
  readonly why: string;
  readonly group: string;
  readonly names: readonly string[];
}

/** Node accepts, we refuse. */
export const refusedByUsOnly: readonly Difference[] = [
  {
    why: 'node:http leaves Host to the application; here routing and the WAF hang on it',
    group: 'Host',
    names: [
      'two',
      'two that are equal',
      'two in HTTP/1.0',
      'empty in HTTP/1.1',
      'invalid in HTTP/1.0',
      'user information',
      'user information with a password',
      'a path',
      'a query',
      'a list',
      'a comma without space',
      'a backslash',
      'an inner space',
      'eight-bit bytes',
      'a percent-encoded NUL',
      'a percent-encoded letter',
      'an empty label',
      'a leading dot',
      'only a port',
      'an empty port',
      'port 0',
      'port 65536',
      'a port of six digits',
      'a port with a sign',
      'two ports',
      'an IPv6 address without brackets',
      'an IPv6 address that is none',
      'an IPv6 address with a zone',
      'an IPv6 bracket that is not closed',
      'something behind an IPv6 address',
      'a name of 254 characters',
    ],
  },
  {
    why: 'an origin may route them otherwise than we do',
    group: 'Request target',
    names: [
      'a fragment',
      'a fragment in the query',
      '* with GET',
      'OPTIONS * with a query',
      'absolute form names another host than Host',
      'absolute form names another port than Host',
      'absolute form with an empty Host in HTTP/1.0',
      'absolute form with user information',
      'absolute form without authority',
      'absolute form of another scheme',
    ],
  },
  {
    why: 'node:http forgives line ends and spaces there, and other versions',
    group: 'Request line',
    names: [
      'two empty lines before it',
      'a bare line feed before it',
      'a bare carriage return before it',
      'two spaces behind the method',
      'two spaces before the version',
      'HTTP/0.9 by name',
      'HTTP/2.0 on a 1.1 connection',
    ],
  },
  {
    why: 'some read octal, and CGI reads any punctuation as the hyphen',
    group: 'Content-Length',
    names: [
      'a leading zero',
      'two zeros',
      'an underscore instead of the hyphen',
      'a dot instead of the hyphen',
    ],
  },
  {
    why: 'we decode chunked and nothing else, and only where RFC 9112 knows it',
    group: 'Transfer-Encoding',
    names: [
      'gzip, chunked',
      'a list with an empty element',
      'HTTP/1.0',
      'an underscore instead of the hyphen',
      'an underscore beside Content-Length',
      'a plus instead of the hyphen',
    ],
  },
  {
    why: 'node:http is no proxy: it removes no field that a client lists',
    group: 'Connection',
    names: [
      'it lists Content-Length',
      'it lists Content-Length that is not there',
      'it lists Transfer-Encoding',
      'it lists Host',
      'it lists Host in a second field',
      'a semicolon',
      'a space between options',
      'a quoted option',
      '33 options',
    ],
  },
  {
    why: 'node:http leaves the 417 to the application',
    group: 'Expect and Upgrade',
    names: ['another expectation', 'a list', 'twice', 'empty'],
  },
  {
    why: 'our limits are lower',
    group: 'Chunked body',
    names: ['an extension of 257 bytes', '17 digits', '65 trailers'],
  },
  {
    why: 'our limits are lower',
    group: 'Field syntax',
    names: ['101 fields'],
  },
];

/** We accept, Node refuses. */
export const acceptedByUsOnly: readonly Difference[] = [
  {
    why: 'any token is a method; the application or a rule refuses it',
    group: 'Request line',
    names: [
      'any token is a method',
      'a lower-case method is another method',
      'a long method',
      'a method of 64 bytes',
    ],
  },
  {
    why: 'browsers of old and attackers send it; the WAF has to see it',
    group: 'Request target',
    names: ['raw UTF-8'],
  },
  {
    why: 'RFC 9110 section 5.5: white space around a value is no part of it, a tab neither',
    group: 'Transfer-Encoding',
    names: ['in mixed case with a tab behind it'],
  },
  {
    why: 'trailers are dropped, so they cannot frame anything',
    group: 'Chunked body',
    names: ['trailers that would frame are dropped'],
  },
];
