/** Directives that are no rules: those that settle something here, and those that are accepted without effect. */
import type { Assembly } from './assembly.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Directive } from './directive.ts';
import type { Word } from './source-text.ts';

const anyNumber = Number.POSITIVE_INFINITY;

const settled: readonly Directive[] = [
  setting('SecRequestBodyAccess', 'On|Off', (assembly, word) => {
    assembly.settings.requestBodyAccess = readOnOff(assembly, word) ?? assembly.settings.requestBodyAccess;
  }),
  setting('SecResponseBodyAccess', 'On|Off', (assembly, word) => {
    assembly.settings.responseBodyAccess = readOnOff(assembly, word) ?? assembly.settings.responseBodyAccess;
  }),
  setting('SecRequestBodyJsonDepthLimit', 'DEPTH', (assembly, word) => {
    assembly.settings.depthMax = readCount(assembly, word) ?? assembly.settings.depthMax;
  }),
  setting('SecArgumentsLimit', 'COUNT', (assembly, word) => {
    assembly.settings.argumentsMax = readCount(assembly, word) ?? assembly.settings.argumentsMax;
  }),
  {
    name: 'SecResponseBodyMimeType',
    wordsMin: 1,
    wordsMax: anyNumber,
    usage: 'SecResponseBodyMimeType TYPE ...',
    isRule: false,
    apply: ({ settings }, { words }) => {
      settings.responseBodyTypes = new Set(words.map((word) => word.text.toLowerCase()));
    },
  },
  {
    name: 'SecResponseBodyMimeTypesClear',
    wordsMin: 0,
    wordsMax: 0,
    usage: 'SecResponseBodyMimeTypesClear',
    isRule: false,
    apply: ({ settings }) => settings.responseBodyTypes.clear(),
  },
  {
    name: 'SecComponentSignature',
    wordsMin: 1,
    wordsMax: 1,
    usage: 'SecComponentSignature NAME',
    isRule: false,
    apply: () => {},
  },
];

const bodyLimit = 'how much of a body is inspected is configured in the node (waf)';
const auditLog = 'what is recorded of an exchange is configured in the node (events)';
const noFiles = 'the engine writes no files';
const otherProduct = 'it belongs to another engine and has no counterpart here';

const inertWords: readonly (readonly [name: string, why: string])[] = [
  ['SecRuleEngine', 'the mode is configured per route in the node; ctl:ruleEngine works'],
  ['SecRequestBodyLimit', bodyLimit],
  ['SecRequestBodyNoFilesLimit', bodyLimit],
  ['SecRequestBodyInMemoryLimit', bodyLimit],
  ['SecRequestBodyLimitAction', bodyLimit],
  ['SecResponseBodyLimit', bodyLimit],
  ['SecResponseBodyLimitAction', bodyLimit],
  ['SecAuditEngine', auditLog],
  ['SecAuditLog', auditLog],
  ['SecAuditLog2', auditLog],
  ['SecAuditLogParts', auditLog],
  ['SecAuditLogType', auditLog],
  ['SecAuditLogFormat', auditLog],
  ['SecAuditLogRelevantStatus', auditLog],
  ['SecAuditLogStorageDir', auditLog],
  ['SecAuditLogDirMode', auditLog],
  ['SecAuditLogFileMode', auditLog],
  ['SecDebugLog', noFiles],
  ['SecDebugLogLevel', noFiles],
  ['SecTmpDir', noFiles],
  ['SecDataDir', noFiles],
  ['SecUploadDir', noFiles],
  ['SecUploadKeepFiles', noFiles],
  ['SecUploadFileLimit', 'the number of parts is bounded by the engine'],
  ['SecUploadFileMode', noFiles],
  ['SecUnicodeMapFile', 'urlDecodeUni has its table built in'],
  ['SecArgumentSeparator', 'arguments are separated by "&" only'],
  ['SecCookieFormat', 'cookies are read as version 0 only'],
  ['SecPcreMatchLimit', 'no operator here can exceed one'],
  ['SecPcreMatchLimitRecursion', 'no operator here can exceed one'],
  ['SecGeoLookupDb', '@geoLookup is not supported yet'],
  ['SecWebAppId', 'there is one application per rule set'],
  ['SecServerSignature', 'the engine never changes a message'],
  ['SecContentInjection', 'the engine never changes a message'],
  ['SecStreamInBodyInspection', otherProduct],
  ['SecStreamOutBodyInspection', otherProduct],
  ['SecDisableBackendCompression', otherProduct],
  ['SecHashEngine', otherProduct],
  ['SecHashKey', otherProduct],
  ['SecHashParam', otherProduct],
  ['SecHashMethodRx', otherProduct],
  ['SecHashMethodPm', otherProduct],
  ['SecConnEngine', otherProduct],
  ['SecConnReadStateLimit', otherProduct],
  ['SecConnWriteStateLimit', otherProduct],
  ['SecSensorId', otherProduct],
  ['SecCollectionTimeout', 'persistent collections are not supported here yet'],
  ['SecHttpBlKey', otherProduct],
  ['SecGsbLookupDb', otherProduct],
  ['SecXmlExternalEntity', 'external entities are never read'],
  ['SecCacheTransformations', otherProduct],
  ['SecChrootDir', otherProduct],
  ['SecGuardianLog', otherProduct],
  ['SecInterceptOnError', 'an engine fault is always a refusal'],
  ['SecRuleInheritance', otherProduct],
  ['SecRulePerfTime', otherProduct],
  ['SecStatusEngine', otherProduct],
  ['SecRxPreFilter', otherProduct],
];

const refusedWords: readonly (readonly [name: string, why: string])[] = [
  ['SecRemoteRules', 'rules are never fetched from elsewhere by a rule file'],
  ['SecRemoteRulesFailAction', 'rules are never fetched from elsewhere by a rule file'],
  ['SecRuleScript', 'Lua scripts are not supported'],
  ['SecDataset', 'put the phrases into a file and use @pmFromFile'],
  ['SecIgnoreRuleCompilationErrors', 'rules that do not compile are never ignored'],
];

/** All of them. */
export const settingDirectives: readonly Directive[] = [
  ...settled,
  ...inertWords.map(([name, why]) => withoutEffect(name, why)),
  ...refusedWords.map(([name, why]) => refused(name, why)),
];

function setting(name: string, value: string, apply: (assembly: Assembly, word: Word) => void): Directive {
  return {
    name,
    wordsMin: 1,
    wordsMax: 1,
    usage: `${name} ${value}`,
    isRule: false,
    apply: (assembly, { words }) => apply(assembly, words[0]!),
  };
}

function withoutEffect(name: string, why: string): Directive {
  return {
    name,
    wordsMin: 0,
    wordsMax: anyNumber,
    usage: name,
    isRule: false,
    apply: ({ diagnostics }, { directive }) =>
      diagnostics.warning(directive.placeAt(0), `${name} has no effect here: ${why}`),
  };
}

function refused(name: string, why: string): Directive {
  return {
    name,
    wordsMin: 0,
    wordsMax: anyNumber,
    usage: name,
    isRule: false,
    apply: ({ diagnostics }, { directive }) =>
      diagnostics.error(directive.placeAt(0), `${name} is not supported: ${why}`),
  };
}

function readOnOff(assembly: Assembly, word: Word): boolean | undefined {
  const text = word.text.toLowerCase();
  if (text === 'on' || text === 'off') return text === 'on';
  const hint = didYouMean(word.text, ['On', 'Off']);
  assembly.diagnostics.error(word.placeAt(0), `expected On or Off, met "${word.text}"${hint}`);
  return undefined;
}

function readCount(assembly: Assembly, word: Word): number | undefined {
  if (/^[1-9]\d{0,8}$/.test(word.text)) return Number(word.text);
  assembly.diagnostics.error(word.placeAt(0), `expected a number from 1 to 999999999, met "${word.text}"`);
  return undefined;
}
