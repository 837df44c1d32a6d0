"""Calls that try to get past the policy, as data by class of attack, and what the policy must say of each."""
