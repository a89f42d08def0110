import { z } from 'zod';
import { capGroup, duration, expression, topic } from '../fields.ts';
import type { Reference } from '../step-kind.ts';

/** What every step that sends a mail may say of when and to whom it goes. */
export const sendingFields = {
  /** Without it, the template's topic. */
  topic: topic.optional(),
  /** The language, such as `customer.locale`: of the template's translations, `<template>-<language>`, the nearest is taken. */
  locale: expression.optional(),
  /** Without it, marketing waits for the end of the quiet hours and transactional mail goes. */
  quiet_hours: z.enum(['defer', 'skip', 'ignore']).optional(),
  frequency_cap: capGroup.optional(),
  /** Left out when it would be sent so much later than its time. */
  late_after: duration.optional(),
};

export type Sending = z.output<z.ZodObject<typeof sendingFields>> & { template: string };

export const sendingReferences = ({ template, frequency_cap: cap }: Sending): Reference[] => [
  { what: 'template', name: template, path: ['template'] },
  ...(cap === undefined ? [] : [{ what: 'frequency_cap' as const, name: cap, path: ['frequency_cap'] }]),
];

export const sendingExpressions = ({ locale }: Sending) =>
  locale === undefined ? [] : [{ path: ['locale'], source: locale, expected: 'any' as const }];

/** The names of a template's translations to look for, the nearest first; the template itself is the last. */
export const translationsOf = (template: string, locale: string | null): string[] => {
  if (locale === null) return [template];
  const parts = locale.toLowerCase().replaceAll('_', '-').split('-').filter(Boolean);
  return [...parts.map((_part, index) => `${template}-${parts.slice(0, parts.length - index).join('-')}`), template];
};
