#!/bin/sh
# department.sh - stands for the system of a department: what a worker asks of it, and what it says.
#
# It gets the case as JSON on standard input. `contact`: speak with the citizen and print what shows it. `solve`: do the work and
# print the answer. Exit 1 says not now (nobody there, not finished): the worker then leaves the duty and is handed it again later.
case $1 in
contact) echo "message by the department's system" ;;
solve) echo "Done: the neighbours were spoken to." ;;
*) exit 2 ;;
esac
