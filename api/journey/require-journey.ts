import type { Db } from '../../db/client.ts';
import { findJourney, type Journey } from '../../db/journey/journeys.ts';
import { notFound } from '../http/errors.ts';

/** @throws DomainError not_found */
export const requireJourney = async (db: Db, projectId: string, id: string): Promise<Journey> => {
  const journey = await findJourney(db, projectId, id);
  if (journey === null) throw notFound('journey', id);
  return journey;
};
