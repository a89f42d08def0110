import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DomainError } from '../../domain/errors.ts';
import { isOneOf } from './json-body.ts';

/** A file that was sent, on disk: never more of it than a chunk is in memory, however slowly it comes. */
export interface Upload {
  path: string;
  /** SHA-256 of its bytes. */
  hash: Buffer;
  bytes: number;
  /** Deletes it. */
  discard: () => Promise<void>;
}

const MULTIPART = 'multipart/form-data';
/** What may be sent as it is, without a form around it. */
export const CSV = 'text/csv';
const MAX_BYTES = 256 * 1_048_576;

const wrongFile = (message: string) =>
  new DomainError('invalid_payload', 'The file cannot be taken.', { fields: [{ path: 'file', message }] });

const tooLarge = () => new DomainError('payload_too_large', `The file is larger than ${MAX_BYTES} bytes.`);

/** Writes a stream to a file and hashes it on the way. */
const spool = async (source: Readable, file: string): Promise<Pick<Upload, 'hash' | 'bytes'>> => {
  const hash = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(bytes > MAX_BYTES ? tooLarge() : null, chunk);
    },
  });
  await pipeline(source, meter, createWriteStream(file));
  return { hash: hash.digest(), bytes };
};

/** The first file of a form; whatever else is in it is passed over. */
const spoolForm = async (req: IncomingMessage, file: string): Promise<Pick<Upload, 'hash' | 'bytes'>> => {
  let busboy: BusboyInstance;
  try {
    busboy = new Busboy({
      headers: { ...req.headers, 'content-type': req.headers['content-type'] ?? '' },
      limits: { files: 1, fieldSize: 1_024 },
    });
  } catch {
    throw wrongFile('must come in a form whose Content-Type says its boundary');
  }
  let written: Promise<Pick<Upload, 'hash' | 'bytes'>> | undefined;
  busboy.on('file', (_field, stream) => {
    if (written) return stream.resume();
    written = spool(stream, file);
    written.catch((error: unknown) => busboy.destroy(error as Error));
    return undefined;
  });
  try {
    await pipeline(req, busboy);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw wrongFile('must be sent whole, in a form that ends with its boundary');
  }
  if (!written) throw wrongFile('must be in the form, as a part with a file name');
  return written;
};

/**
 * Takes a file from a form or, as text/csv, from the body itself.
 * @throws DomainError unsupported_media_type, payload_too_large, invalid_payload
 */
export const receiveUpload = async (req: IncomingMessage): Promise<Upload> => {
  const isForm = isOneOf(req.headers, [MULTIPART]);
  if (!isForm && !isOneOf(req.headers, [CSV]))
    throw new DomainError('unsupported_media_type', `Send the file as ${MULTIPART}, or as it is as ${CSV}.`);
  if (Number(req.headers['content-length'] ?? 0) > MAX_BYTES + 65_536) throw tooLarge();
  const folder = await mkdtemp(path.join(tmpdir(), 'couponry-upload-'));
  const discard = () => rm(folder, { recursive: true, force: true });
  const file = path.join(folder, 'file');
  try {
    const told = await (isForm ? spoolForm(req, file) : spool(req, file));
    return { path: file, ...told, discard };
  } catch (error) {
    await discard();
    if (error instanceof DomainError) throw error;
    throw req.destroyed ? wrongFile('must be sent whole') : error;
  }
};
