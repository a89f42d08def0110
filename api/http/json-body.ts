import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { DomainError, type FieldProblem } from '../../domain/errors.ts';

const MAX_BODY_BYTES = 1_048_576;
/** What is read and thrown away of a body that is too large, so that its sender gets to read the answer. */
const MAX_DISCARDED_BYTES = 16 * MAX_BODY_BYTES;
const MAX_DEPTH = 32;
const EMPTY = Buffer.alloc(0);

const tooLarge = () => new DomainError('payload_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);

/**
 * The raw bytes of a request.
 * @throws DomainError payload_too_large
 */
export const readBody = (req: IncomingMessage): Promise<Buffer> => {
  const { headers } = req;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return Promise.resolve(EMPTY);
  if (Number(headers['content-length'] ?? 0) > MAX_DISCARDED_BYTES) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else if (size > MAX_DISCARDED_BYTES) {
        req.pause();
        reject(tooLarge());
      } else chunks.length = 0;
    });
    req.on('end', () => {
      if (size > MAX_BODY_BYTES) reject(tooLarge());
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    req.on('error', () => reject(new DomainError('invalid_json', 'The connection ended before the body did.')));
  });
};

/**
 * JSON comes as application/json in UTF-8, uncompressed.
 * @throws DomainError unsupported_media_type
 */
export const requireJson = (headers: IncomingMessage['headers']): void => {
  const type = headers['content-type'];
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity')
    throw new DomainError('unsupported_media_type', 'Send the body uncompressed: Content-Encoding is not supported.');
  if (type === 'application/json') return;
  const [essence = '', ...parameters] = (type ?? '').toLowerCase().split(';');
  if (!/^application\/(json|[\w.-]+\+json)$/.test(essence.trim()))
    throw new DomainError('unsupported_media_type', 'Send the body as Content-Type: application/json.');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))
    throw new DomainError('unsupported_media_type', 'Send the body in UTF-8.');
};

/** Whether the body is of one of these media types, whatever their parameters. */
export const isOneOf = (headers: IncomingMessage['headers'], types: string[]): boolean =>
  types.includes((headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase());

/**
 * A body that is text.
 * @throws DomainError invalid_payload
 */
export const readText = (bytes: Buffer): string => {
  if (!isUtf8(bytes)) throw new DomainError('invalid_payload', 'The body is not UTF-8.');
  return bytes.toString('utf8');
};

/** How deep arrays and objects nest in a JSON text, without parsing it. Stops counting above the limit. */
const nestsTooDeep = (text: string): boolean => {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === 0x5c) i += 1;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (char === 0x7d || char === 0x5d) depth -= 1;
  }
  return false;
};

/** Texts that Postgres or JSON cannot hold; null where a text is fine. */
export const textProblem = (text: string): string | null => {
  if (text.includes('\0')) return 'must not contain NUL characters';
  return text.isWellFormed() ? null : 'must not contain lone surrogates';
};

const findProblems = (value: unknown, path: string, problems: FieldProblem[]): void => {
  if (typeof value === 'string') {
    const message = textProblem(value);
    if (message !== null) problems.push({ path, message });
  } else if (Array.isArray(value)) for (const [index, item] of value.entries()) findProblems(item, `${path}[${index}]`, problems);
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) {
      const at = path === '' ? key : `${path}.${key}`;
      if (key === '__proto__') problems.push({ path: at, message: 'is a name that cannot be used' });
      else if (textProblem(key) !== null)
        problems.push({ path: at.toWellFormed().replaceAll('\0', '\uFFFD'), message: `has a name that ${textProblem(key)}` });
      else findProblems(item, at, problems);
    }
};

/**
 * Parses a body. An empty one is an empty object, which is what a call without arguments sends.
 * @throws DomainError invalid_json, or invalid_payload for texts and names that cannot be kept
 */
export const parseJson = (bytes: Buffer): unknown => {
  if (bytes.length === 0) return {};
  if (!isUtf8(bytes)) throw new DomainError('invalid_json', 'The body is not UTF-8.');
  const text = bytes.toString('utf8');
  if (nestsTooDeep(text)) throw new DomainError('invalid_json', `The body nests deeper than ${MAX_DEPTH} levels.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DomainError('invalid_json', 'The body is not JSON.', { details: error instanceof Error ? error.message : undefined });
  }
  // Only an escape can smuggle in a NUL or a lone surrogate: the bytes are UTF-8, and JSON takes no raw control characters.
  if (text.includes('\\u') || text.includes('__proto__')) {
    const problems: FieldProblem[] = [];
    findProblems(value, '', problems);
    if (problems.length > 0) throw new DomainError('invalid_payload', 'The body has fields that are wrong.', { fields: problems });
  }
  return value;
};
