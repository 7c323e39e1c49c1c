-- The version of Greenloop that this plugin was made with; a test keeps it the same as the program's.
return '0.1.0'
