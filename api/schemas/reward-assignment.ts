import { z } from 'zod';
import { name } from './fields.ts';
import { listOf, paging } from './list.ts';
import { programParams } from './loyalty.ts';

const parameters = z
  .strictObject({
    loyalty: z.strictObject({
      points: z.int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
      auto_redeem: z
        .boolean()
        .nullish()
        .meta({ description: 'Whether members get it by themselves once they have enough points: one reward of a program' }),
    }),
  })
  .optional()
  .meta({ description: 'loyalty.points: what the reward costs. To be left out where members pay with points: they say how many' });

/** What answers tell of an assignment: clients send back what they got, and it changes nothing. */
const answered = {
  id: z.unknown().optional(),
  reward_id: z.unknown().optional(),
  related_object_id: z.unknown().optional(),
  related_object_type: z.unknown().optional(),
  created_at: z.unknown().optional(),
  updated_at: z.unknown().optional(),
  object: z.unknown().optional(),
};

const programName = name.meta({ description: 'Id or name of the loyalty program' });

/** The body of `POST /rewards/{id}/assignments`. */
export const assignRewardBody = z.strictObject({ campaign: programName, parameters }).meta({ id: 'RewardAssignmentInput' });

/** The body of `POST /loyalties/{campaign}/rewards`. */
export const assignRewardsBody = z
  .array(z.strictObject({ reward: name.meta({ description: 'Id of the reward' }), parameters }))
  .min(1)
  .max(100)
  .meta({ id: 'RewardAssignmentInputs' });

export const updateRewardAssignmentBody = z.strictObject({ ...answered, parameters });

export const rewardAssignmentParams = z.object({ id: name, assignment: name });
export const assignmentOfProgramParams = programParams.extend({ assignment: name });

export const listRewardAssignmentsQuery = z.strictObject(paging);

export const rewardAssignmentSchema = z
  .object({
    id: z.string(),
    reward_id: z.string(),
    related_object_id: z.string().meta({ description: 'Id of the loyalty program' }),
    related_object_type: z.literal('campaign'),
    parameters: z.object({ loyalty: z.object({ points: z.int(), auto_redeem: z.boolean() }) }).optional(),
    created_at: z.string(),
    updated_at: z.string().nullable(),
    object: z.literal('reward_assignment'),
  })
  .meta({ id: 'RewardAssignment' });

export const rewardAssignmentsSchema = z.array(rewardAssignmentSchema).meta({ id: 'RewardAssignments' });
export const rewardAssignmentListSchema = listOf('data', rewardAssignmentSchema).meta({ id: 'RewardAssignmentList' });
