import type { BodyProcessor } from './body-processor.ts';
import { BodyFindings } from './parsed-body.ts';

/** Finds nothing in the body: rules see it whole as REQUEST_BODY. */
export const raw: BodyProcessor = {
  name: 'RAW',
  parse: (_body, _contentType, limits) => new BodyFindings(limits.argumentsMax),
};
