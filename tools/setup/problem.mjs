/** What went wrong while setting up, and what the reader can do about it. */

/** A failure that is the machine's or the network's, not a defect: shown as two paragraphs, without a stack. */
export class SetupProblem extends Error {
  constructor(met, remedy) {
    super(met);
    this.name = 'SetupProblem';
    this.remedy = remedy;
  }
}

/** npm's error codes in words. The first row whose pattern is found in npm's output is the one that is told. */
const causes = [
  {
    pattern:
      /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/,
    met: 'npm cannot reach its registry',
    remedy:
      'The first start needs the network once. Check it (npm ping), a proxy (npm config get proxy), then start again.',
  },
  {
    pattern:
      /\b(SELF_SIGNED_CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_HAS_EXPIRED|DEPTH_ZERO_SELF_SIGNED)/,
    met: "npm does not trust the registry's certificate",
    remedy:
      "Point npm at your network's certificates (npm config set cafile FILE, or NODE_EXTRA_CA_CERTS=FILE), then start again.",
  },
  {
    pattern: /\b(EROFS|EACCES|EPERM)\b/,
    met: 'npm may not write where it has to',
    remedy:
      'Clone the repository into a directory that this user owns, on a file system that is not read-only.',
  },
  {
    pattern: /\bENOSPC\b/,
    met: 'the disk is full',
    remedy: 'Free about 600 MB where the repository and the npm cache lie, then start again.',
  },
  {
    pattern: /\bEINTEGRITY\b/,
    met: 'a downloaded package is not the one that package-lock.json names',
    remedy:
      'Run npm cache clean --force and start again. If it comes back, the registry serves other files: do not go on.',
  },
  {
    pattern: /\bEUSAGE\b|can only install packages when your package\.json and package-lock\.json/,
    met: 'package.json and package-lock.json disagree',
    remedy: 'After changing dependencies run npm install --ignore-scripts and commit both files.',
  },
  {
    pattern: /\b(E401|E403|E404|ETARGET)\b/,
    met: 'the registry does not give out a package',
    remedy:
      'Check which registry npm uses (npm config get registry) and that it has the package named above.',
  },
];

/** Turns a failed `npm ci` into a problem with npm's own last words above it. */
export function explainNpmFailure(failure, root) {
  if (failure.startError !== undefined) {
    return new SetupProblem(
      `npm cannot be started: ${failure.startError.message}`,
      'Install npm beside Node.js (on Debian: apt-get install npm) and start again.',
    );
  }
  if (failure.processSignal !== null) {
    return new SetupProblem(
      `npm was ended by ${failure.processSignal}`,
      'Start again: an interrupted set-up is repaired.',
    );
  }
  const said = failure.output.trim().split('\n').slice(-15).join('\n');
  const cause = causes.find((row) => row.pattern.test(failure.output));
  return new SetupProblem(
    `${said}\n\n${cause?.met ?? `npm ci failed in ${root}`}`,
    cause?.remedy ?? 'The lines above are npm\'s. Running "npm ci --ignore-scripts" by hand shows more.',
  );
}
