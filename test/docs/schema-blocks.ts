import { exactProblemsBy, problemsBy } from '../rigs/schema-validator';
import type { Block } from './pages';

/** The schema that a block of JSON names, such as `result` of \`\`\`json schema="result". */
export function schemaOf(block: Block): string | undefined {
  return block.words.get('schema');
}

/** What is wrong with a block by the schema that it names; none when it fits, or names none. */
export function schemaProblems(block: Block): string[] {
  const schema = schemaOf(block);
  if (schema === undefined) return [];
  // Inputs are closed as they are. What this version writes has no field that its schema does not name.
  const check = /(^|\/)input$/.test(schema) ? problemsBy : exactProblemsBy;
  return check(schema, JSON.parse(block.text));
}
