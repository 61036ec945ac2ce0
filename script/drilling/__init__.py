"""drilling - the parts of script/drill: facts, texts, arrivals, people, behaviours, the simulation and its wire."""
