"""The test model: a small deterministic program in the place of a language model.

It reads nothing but the request, and the same request always gets the same answer. `respond`
tries these in order and stops at the first that applies:

1. A forced `tool_choice` is obeyed: that function is called with arguments that fit its schema.
2. Outputs of function calls made for the last question are quoted in the answer.
3. "Answer with exactly: X" (question or instructions) and "Say X" (question) give X.
4. "What is my X?" is answered from an earlier "My X is Y" in the messages or instructions.
5. A declared function is called if the question contains a word of its name.
6. Code interpreter is used if it is declared and there is data: an attached CSV, or pairs such as
   `jan: 3` in the question. It draws a chart or writes a CSV if asked to, and says so if it cannot
   read a file.
7. File search answers with the sentence that shares most words with the question, and cites it.
   The text of files attached as `input_file` is searched in the same way.
8. Otherwise the answer repeats the question.

With `response_format` of type `json_schema` the answer is JSON that fits the schema. Anything
cleverer is scripted: see `local.provider.scripts`.
"""
