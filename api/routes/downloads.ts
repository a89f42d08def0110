import { Router } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExportRequest } from '../../activities/bulk/export-rows.ts';
import { findAsyncAction, type AsyncAction } from '../../db/bulk/async-actions.ts';
import type { Sql } from '../../db/client.ts';
import { readChunk } from '../../db/bulk/export-chunks.ts';
import { readDownload } from '../../domain/download-token.ts';
import { notFound } from '../http/errors.ts';

export interface DownloadDeps {
  sql: Sql;
  now: () => Date;
  downloads: { key: Buffer };
}

/** The file, a piece at a time, as fast as it is taken. */
async function* pieces(sql: Sql, action: AsyncAction): AsyncGenerator<string> {
  for (let number = 0; ; number += 1) {
    const csv = await readChunk(sql, action, number);
    if (csv === null) return;
    if (csv !== '') yield csv;
  }
}

/** /downloads/{id}?token=…: where the links of exports lead, without a key, for as long as the token says. */
export const createDownloadRouter = ({ sql, now, downloads }: DownloadDeps): Router => {
  const router = Router();
  router.get('/downloads/:id', async (req, res) => {
    const { token } = req.query;
    const download = typeof token === 'string' ? readDownload(downloads.key, token, now().getTime()) : null;
    const action = download?.id === req.params.id ? await findAsyncAction(sql, download.projectId, download.id) : null;
    // The files are forgotten before the exports are.
    if (action?.status !== 'DONE' || (await readChunk(sql, action, 0)) === null) throw notFound('download', req.params.id);
    const { exported_object: object } = action.request as unknown as ExportRequest;
    res.set({
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': `attachment; filename="${object}-${action.createdAt.toISOString().slice(0, 10)}.csv"`,
      'Cache-Control': 'private, no-store',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    await pipeline(Readable.from(pieces(sql, action)), res);
  });
  return router;
};
