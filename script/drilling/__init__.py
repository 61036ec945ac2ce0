"""drilling - the parts of script/drill: facts, texts, arrivals, behaviours, the simulation and its wire."""
