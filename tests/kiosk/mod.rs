//! The phone that serves people who do not know it: answering by itself, and being installed.

mod auto_answer;
