/**
 * Masking of matched values at capture: the shape of an attack stays readable, the content of a secret does not.
 *
 * Whoever asks why a request was refused needs to see the quotes, brackets, operators and the words of the attack's
 * language; nobody needs the words of the visitor. So punctuation is kept, and every word is masked unless it belongs
 * to a fixed vocabulary (SQL, HTML, shell, paths) that says nothing about a person:
 *
 *      ' OR 1=1 UNION SELECT login, secret FROM members--
 *      ' OR 9=9 UNION SELECT xxxxx, xxxxxx FROM xxxxxxx--
 *
 *      word of letters            one x each             word of digits       one 9 each
 *      letters and digits mixed   one x each (a token's pattern of digits is part of its content)
 *      longer than 16             x{40}                  percent-encoded      %27 stays, %41 (a letter) is %xx
 *      control, non-ASCII bytes   \x0d for a control, x for bytes of other alphabets
 *
 * Names that usually carry credentials (password, token, cookie, authorization, card ...) are masked harder: no
 * vocabulary, and each word is one `x`, so that neither lengths nor character classes of a password can be read:
 *
 *      ARGS:password  ' OR 1=1--   ->   ' x x=x--
 *
 * A few variables are shown as they are: those that an event carries anyway (method, path, user agent), framing
 * fields, and scores that the rules themselves computed.
 *
 * Security: the result contains no byte outside printable ASCII. An operator who sets `events.includeValues` gets the
 * text itself, with control characters still escaped.
 */
import type { RuleMatch } from '@secbeat/contracts/event.ts';

/** Characters of a value or of a rule's message that an event carries. */
export const valueCharactersMax = 256;

/** Characters of a variable's name that an event carries. */
const nameCharactersMax = 128;

/** Words that are shown as they are, whatever their case: the vocabulary of attacks. */
const vocabulary: ReadonlySet<string> = new Set(
  `select union all from where and or not xor null like rlike regexp is in between having group order by limit offset
  insert into values update set delete drop table alter create database schema exec execute declare cast convert char
  nchar varchar concat group_concat ascii substring substr mid hex unhex ord sleep benchmark waitfor delay pg_sleep
  dbms_pipe load_file outfile dumpfile information_schema tables columns sysobjects syscolumns xp_cmdshell version user
  current_user count distinct case when then else end if ifnull exists join begin commit rlike sounds div mod true false
  script img svg iframe object embed body style link meta base form input button video audio source details marquee
  math template a b i p div span html src href srcdoc action formaction data onload onerror onclick onmouseover onfocus
  onblur onchange oninput ontoggle onstart onanimationstart javascript vbscript expression alert confirm prompt eval
  function constructor prototype __proto__ document window cookie location innerhtml fromcharcode settimeout string
  etc passwd shadow hosts proc self environ cmdline bin usr var tmp dev tcp udp root boot windows win system32 ini
  htaccess env git svn config php phtml jsp asp aspx cgi sh bash zsh cmd exe powershell wget curl nc ncat netcat cat ls
  id whoami uname ifconfig ping nslookup python perl ruby node echo printf base64 chmod rm ifs jndi ldap rmi dns http
  https ftp file gopher dict phar zip expect localhost runtime getruntime processbuilder class classloader system
  passthru shell_exec popen proc_open assert include require xml doctype entity cdata public ns xmlns xlink content
  type length transfer encoding chunked host set`.split(/\s+/),
);

/** Parts of a name that mark its value as a credential or a payment datum. */
const sensitiveName =
  /pass|pwd|\bpw\b|secret|token|auth|cookie|session|sess_?id|\bsid\b|api_?-?key|apikey|credential|card|cvv|cvc|iban|\bpin\b|otp|\bssn\b|csrf|xsrf|signature|jwt|private/i;

/** Variables that hold nothing but what the event shows in other places, or what frames a message. */
const openName =
  /^(?:REQUEST_METHOD|REQUEST_PROTOCOL|REQUEST_FILENAME|REQUEST_BASENAME|RESPONSE_STATUS|REQUEST_HEADERS:(?:user-agent|host|content-type|content-length|transfer-encoding|content-encoding))$/i;

/** What rules count up; `TX:0` to `TX:9` are captures of what the client sent and not among them. */
const scoreName = /^TX:[a-z_.]*(?:score|threshold|level)/i;

/** A percent-encoded byte, or a word: letters, digits, underscore and bytes of other alphabets. */
const tokens = /%[0-9a-fA-F]{2}|[0-9A-Za-z_\u0080-\uffff]+|[\x00-\x1f\x7f]/g;

function isControl(unit: number): boolean {
  return unit < 0x20 || (unit >= 0x7f && unit < 0xa0);
}

function escapeControl(unit: number): string {
  return `\\x${unit.toString(16).padStart(2, '0')}`;
}

/** Returns `text` with control characters (C0, DEL, C1) as `\xNN`: safe to print on a terminal. */
export function escapeControls(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (character) => escapeControl(character.charCodeAt(0)));
}

/** Like `escapeControls`, and the bytes of other alphabets too. */
function escapeBytes(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => escapeControl(character.charCodeAt(0)));
}

function maskPercent(token: string, isSensitive: boolean): string {
  const byte = Number.parseInt(token.slice(1), 16);
  const isWordByte = /[0-9A-Za-z_]/.test(String.fromCharCode(byte)) || byte >= 0x80;
  if (!isWordByte) return token;
  return isSensitive ? 'x' : '%xx';
}

function maskWord(word: string, isSensitive: boolean): string {
  if (isSensitive) return 'x';
  if (word.length <= 24 && vocabulary.has(word.toLowerCase())) return word;
  const mark = /^[0-9]+$/.test(word) ? '9' : 'x';
  return word.length > 16 ? `${mark}{${word.length}}` : mark.repeat(word.length);
}

/** Cuts `text` to `max` characters, the last three of which then are dots. */
function cut(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max - 3)}...` : text;
}

/** Tells whether the value of a variable of this name (`ARGS:password`) is masked without showing word lengths. */
export function isSensitive(name: string): boolean {
  return sensitiveName.test(name);
}

/**
 * Returns the masked form of the value of variable `name`: printable ASCII, at most 256 characters.
 *
 * @param name  SecLang's name of the variable with its member, `ARGS:q`.
 * @param value The matched value, one character per byte; only its first 256 are looked at.
 */
export function maskValue(name: string, value: string): string {
  if (openName.test(name) || (scoreName.test(name) && /^[0-9]{1,6}$/.test(value))) {
    return cut(escapeBytes(value.slice(0, valueCharactersMax)), valueCharactersMax);
  }
  const sensitive = isSensitive(name);
  const masked = value.slice(0, valueCharactersMax).replace(tokens, (token) => {
    const unit = token.charCodeAt(0);
    if (unit === 0x25) return maskPercent(token, sensitive);
    if (token.length === 1 && isControl(unit)) return escapeControl(unit);
    return maskWord(token, sensitive);
  });
  return cut(masked, valueCharactersMax);
}

/** Returns `value` for an operator who asked for values: text as it is, control characters escaped, cut. */
export function showValue(value: string): string {
  return cut(escapeControls(value.slice(0, valueCharactersMax)), valueCharactersMax);
}

/** A value shorter than this is not searched in messages: it would replace parts of ordinary words. */
const echoedCharactersMin = 4;

function maskMatch(match: RuleMatch, includeValues: boolean): RuleMatch {
  let message = match.message;
  const variables = match.variables.map((variable) => {
    const value = includeValues ? showValue(variable.value) : maskValue(variable.name, variable.value);
    // A rule may quote what it matched in its message (`%{MATCHED_VAR}`).
    if (!includeValues && variable.value.length >= echoedCharactersMin) {
      message = message.replaceAll(variable.value, () => value);
    }
    return { name: cut(escapeControls(variable.name), nameCharactersMax), value };
  });
  return { ...match, message: cut(escapeControls(message), valueCharactersMax), variables };
}

/**
 * Returns the matches of a transaction as an event may carry them.
 *
 * @param includeValues `events.includeValues` of the configuration: true shows values unmasked.
 */
export function maskMatches(matches: readonly RuleMatch[], includeValues: boolean): readonly RuleMatch[] {
  return matches.map((match) => maskMatch(match, includeValues));
}
