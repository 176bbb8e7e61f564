/**
 * The words that the schema is written in: a text with a form, a duration, a size, a list, a section.
 *
 * No word uses `anyOf`: a value of two types is described by one node whose keywords each apply to one type, so that
 * a mistake gives one message and not one per alternative.
 */
import {
  type TArray,
  type TBoolean,
  type TInteger,
  type TObject,
  type TSchema,
  type TUnsafe,
  Type,
} from 'typebox';
import type { Size } from './file-config.ts';
import type { Form } from './form.ts';

/** A JSON Schema node as plain data, as far as this product writes them. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly enum?: readonly unknown[];
  readonly 'x-form'?: Form;
}

/** The node of what stands under `key`, by name or because any name may stand there. */
export function childOf(node: SchemaNode, key: string): SchemaNode | undefined {
  const { properties, additionalProperties } = node;
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** An object takes no keys but its own. */
export const closed: { readonly additionalProperties: false } = { additionalProperties: false };

/** A text that a parser of ours reads. */
export function text(
  kind: Exclude<Form['kind'], 'duration' | 'size'>,
  description: string,
  preset?: string,
): TUnsafe<string> {
  return Type.Unsafe<string>(withPreset({ type: 'string', description, 'x-form': { kind } }, preset));
}

/** A duration; numbers are let through to the form, whose message says which unit is missing. */
export function duration(
  description: string,
  preset: string,
  minimum: string,
  maximum: string,
): TUnsafe<string> {
  return Type.Unsafe<string>({
    type: ['string', 'number'],
    description: `${description} From ${minimum} to ${maximum}.`,
    default: preset,
    'x-form': { kind: 'duration', minimum, maximum },
  });
}

/** A size in bytes. */
export function size(
  description: string,
  preset: string | undefined,
  minimum: string,
  maximum: string,
): TUnsafe<Size> {
  const node = {
    type: ['string', 'integer'],
    description: `${description} From ${minimum} to ${maximum}.`,
    'x-form': { kind: 'size', minimum, maximum },
  };
  return Type.Unsafe<Size>(withPreset(node, preset));
}

/** A whole number with its bounds. */
export function integer(description: string, preset: number, minimum: number, maximum: number): TInteger {
  return Type.Integer({
    description: `${description} From ${minimum} to ${maximum}.`,
    default: preset,
    minimum,
    maximum,
  });
}

/** True or false. */
export function flag(description: string, preset: boolean): TBoolean {
  return Type.Boolean({ description, default: preset });
}

/** One of a few words. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  description: string,
  preset?: NoInfer<Word>,
): TUnsafe<Word> {
  return Type.Unsafe<Word>(withPreset({ type: 'string', enum: words, description }, preset));
}

/** A list that is empty when it is not said. */
export function list<Item extends TSchema>(item: Item, itemsMax: number, description: string): TArray<Item> {
  return Type.Array(item, { description, default: [], maxItems: itemsMax });
}

/** A group of keys, all with defaults of their own. */
export function section<Properties extends Record<string, TSchema>>(
  description: string,
  properties: Properties,
): TObject<Properties> {
  return Type.Object(properties, { ...closed, description, default: {} });
}

/** Takes the keys that have a default out of `required`, in the whole tree: they need not be written. */
export function withOptionalDefaults(node: SchemaNode): SchemaNode {
  const { required, properties, items, additionalProperties, ...rest } = node;
  const needed = required?.filter((key) => properties?.[key]?.default === undefined) ?? [];
  return {
    ...rest,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, child]) => [key, withOptionalDefaults(child)]),
      ),
    }),
    ...(needed.length > 0 && { required: needed }),
    ...(items && { items: withOptionalDefaults(items) }),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === 'boolean'
          ? additionalProperties
          : withOptionalDefaults(additionalProperties),
    }),
  };
}

function withPreset(node: TSchema & object, preset: string | undefined): TSchema {
  return preset === undefined ? node : { ...node, default: preset };
}
