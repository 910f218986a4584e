/** Stands for whatever else the worker of this project does. */
export async function sendMail(text: string): Promise<string> {
  return `sent: ${text}`;
}
