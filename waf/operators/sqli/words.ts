/**
 * The words of SQL that the detector gives a meaning, by what they do in an expression. All dialects together: MySQL and
 * MariaDB, PostgreSQL, SQL Server, Oracle, SQLite.
 */

/** Join two conditions. `having` and `where` open one. */
export const logicalWords: ReadonlySet<string> = new Set(['or', 'and', 'xor', 'having', 'where']);

/** Compare what stands before with what follows. */
export const comparisonWords: ReadonlySet<string> = new Set([
  'like',
  'ilike',
  'rlike',
  'regexp',
  'glob',
  'between',
  'in',
  'is',
  'similar',
  'sounds',
]);

/** Other words that may follow an operand and ask for one more. */
export const joiningWords: ReadonlySet<string> = new Set([
  'div',
  'mod',
  'collate',
  'escape',
  'limit',
  'offset',
  'when',
  'then',
  'else',
]);

/** Words that only separate arguments inside a call: `substring(x from 1 for 1)`, `cast(x as int)`. */
export const argumentWords: ReadonlySet<string> = new Set(['from', 'for', 'as', 'using', 'separator']);

/** Words that may stand before an operand. */
export const prefixWords: ReadonlySet<string> = new Set([
  'not',
  'binary',
  'case',
  'distinct',
  'all',
  'any',
  'some',
  'when',
]);

/** Words that stand for a value. */
export const literalWords: ReadonlySet<string> = new Set(['null', 'true', 'false']);

/** Words that end an operand's place: with one of them where an operand is expected, the text is no expression. */
export const reservedWords: ReadonlySet<string> = new Set([
  ...logicalWords,
  ...comparisonWords,
  ...argumentWords,
  'select',
  'union',
  'except',
  'intersect',
  'order',
  'group',
  'by',
  'into',
  'limit',
  'procedure',
  'set',
  'then',
  'else',
]);

/** Combine the rows of two queries. */
export const unionWords: ReadonlySet<string> = new Set(['union', 'except', 'intersect', 'minus']);

/** Calls that wait, fail on purpose, read files or reach out: an ordinary value never makes one. */
export const probeFunctions: ReadonlySet<string> = new Set([
  'benchmark',
  'dbms_lock.sleep',
  'dbms_pipe.receive_message',
  'dbms_ldap.init',
  'extractvalue',
  'gtid_subset',
  'load_extension',
  'load_file',
  'lo_import',
  'name_const',
  'pg_read_file',
  'pg_sleep',
  'query_to_xml',
  'randomblob',
  'sleep',
  'sys_eval',
  'sys_exec',
  'updatexml',
  'utl_http.request',
  'utl_inaddr.get_host_address',
  'utl_inaddr.get_host_name',
  'xmltype',
  'zeroblob',
]);

/** Calls without arguments that tell about the server. */
export const serverFunctions: ReadonlySet<string> = new Set([
  'connection_id',
  'current_database',
  'current_schema',
  'current_user',
  'database',
  'db_name',
  'schema',
  'session_user',
  'sqlite_version',
  'suser_name',
  'system_user',
  'user',
  'user_name',
  'version',
]);

/** Calls that turn one character into a number; around one of the next set they read a secret bit by bit. */
export const codeFunctions: ReadonlySet<string> = new Set(['ascii', 'bin', 'hex', 'ord', 'unhex', 'unicode']);

/** Calls that cut a piece out of a text. */
export const pieceFunctions: ReadonlySet<string> = new Set([
  'left',
  'mid',
  'right',
  'substr',
  'substring',
  'substring_index',
]);

/** What CREATE, DROP, ALTER and TRUNCATE work on. */
export const schemaObjects: ReadonlySet<string> = new Set([
  'column',
  'database',
  'function',
  'index',
  'login',
  'proc',
  'procedure',
  'role',
  'schema',
  'table',
  'trigger',
  'user',
  'view',
]);
